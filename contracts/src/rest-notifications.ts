/** REST of notifications: channels, silences, a test. Invariant: secrets go in and never come out. */
import { z } from 'zod';
import { microTimeSchema } from './rest.ts';

export const NOTIFICATION_LIMITS = { channels: 50, silences: 500 } as const;
export const CHANNEL_KINDS = ['webhook', 'slack', 'alertmanager', 'syslog', 'email'] as const;

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and -');
const kind = z.string().max(64);
const SCHEMES = {
  webhook: /^https?:\/\//,
  slack: /^https?:\/\//,
  alertmanager: /^https?:\/\//,
  syslog: /^syslog(\+tcp)?:\/\//,
  email: /^smtps?:\/\//,
} as const;

export const channelParamsSchema = z.object({ name });
export const channelRequestSchema = z
  .strictObject({
    kind: z.enum(CHANNEL_KINDS),
    url: z
      .url()
      .max(2048)
      .describe('http(s)://…; syslog://host:514 or syslog+tcp://; smtp(s)://host:port'),
    secret: z
      .string()
      .min(8)
      .max(256)
      .optional()
      .describe('Signs webhooks: header Netmoth-Signature, sha256=HMAC of the body'),
    from: z.email().optional().describe('Of e-mail'),
    to: z.array(z.email()).max(20).optional().describe('Of e-mail'),
    min_score: z.int().min(0).max(100).default(50),
    kinds: z
      .array(kind)
      .max(50)
      .default([])
      .describe('Kinds of findings, and `signature` for alerts; empty: all'),
  })
  .refine((of) => SCHEMES[of.kind].test(of.url), {
    path: ['url'],
    message: 'is not of this kind of channel',
  })
  .refine((of) => of.kind !== 'email' || (of.from !== undefined && (of.to?.length ?? 0) > 0), {
    path: ['to'],
    message: 'e-mail wants from and to',
  });
export type ChannelRequest = z.infer<typeof channelRequestSchema>;

export const channelSchema = z.object({
  name,
  kind: z.enum(CHANNEL_KINDS),
  url: z
    .string()
    .describe('Without user, password and query; of webhook and slack without the path too'),
  min_score: z.int(),
  kinds: z.array(kind),
  waiting: z.int().describe('Notifications still to be sent'),
  last_error: z.string().nullable(),
});
export const channelsSchema = z.object({ items: z.array(channelSchema) });
export type Channel = z.infer<typeof channelSchema>;

/** POST …/test: what came of one message, sent now. */
export const channelTestSchema = z.object({ ok: z.boolean(), message: z.string() });

export const silenceRequestSchema = z.strictObject({
  kind: kind.optional(),
  subject: z.union([z.ipv4(), z.ipv6()]).optional(),
  about: z.string().max(256).optional().describe('A signature as gid:sid, a domain, a service'),
  minutes: z
    .int()
    .min(1)
    .max(60 * 24 * 365),
  reason: z.string().max(256).default(''),
});
export const silenceSchema = z.object({
  id: z.string(),
  kind: z.string().nullable(),
  subject: z.string().nullable(),
  about: z.string().nullable(),
  until: microTimeSchema,
  reason: z.string(),
  said_by: z.string(),
});
export type SilenceRequest = z.infer<typeof silenceRequestSchema>;
export type Silence = z.infer<typeof silenceSchema>;
export const silencesSchema = z.object({ items: z.array(silenceSchema) });
export const silenceParamsSchema = z.object({ id: z.string().regex(/^\d{1,18}$/) });
