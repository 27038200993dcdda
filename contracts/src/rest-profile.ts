/**
 * REST of what is usual for a device: what the analysis learned of one address, and what it did by hour of the week.
 *
 * Invariant: hours of the week count from Monday 00:00 UTC; there are always 168 of them.
 */
import { z } from 'zod';
import { microTimeSchema } from './rest.ts';

export const HOURS_OF_WEEK = 168;
export const PROFILE_DAYS = 28;
export const MAX_PROFILE_ROWS = 100;

const count = z.int().min(0);
const amounts = z.object({
  bytes_sent: z.number().min(0),
  bytes_received: z.number().min(0),
  flows: z.number().min(0),
});
const usual = z.object({
  name: z.string(),
  weight: z
    .number()
    .min(0)
    .describe('Hours in which it was seen, each halved in 14 days; 0.1 and less is forgotten'),
});

export const deviceProfileSchema = z.object({
  since: microTimeSchema.nullable().describe('The first hour that analysis judged of it'),
  judged: microTimeSchema.nullable().describe('The last one'),
  learned_hours: count,
  needed_hours: count.describe('So many make it judge what is unusual (analysis.learningDays)'),
  days: count.describe(`Days that \`seen\` is a mean of, up to ${PROFILE_DAYS}, until last seen`),
  week: z
    .array(
      z.object({
        seen: amounts.nullable().describe('Mean of that hour of the week; null: not watched yet'),
        expected: amounts.nullable().describe('What analysis expects; null: nothing learned'),
      }),
    )
    .length(HOURS_OF_WEEK),
  contacts: count.describe('How many different ends it ever talked with, estimated'),
  destinations: z
    .array(
      usual.extend({
        kind: z.enum(['domain', 'service', 'network']),
        bytes: count.nullable().describe(`In ${PROFILE_DAYS} days, where it is known`),
      }),
    )
    .describe(`Domains, services within, networks outside; the most usual ${MAX_PROFILE_ROWS}`),
  services: z.array(usual).describe('Protocol and port it calls, wherever'),
  applications: z.array(usual),
  countries: z.array(usual),
});
export type DeviceProfile = z.infer<typeof deviceProfileSchema>;
