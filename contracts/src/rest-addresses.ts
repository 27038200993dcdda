/** REST of what is known of an address or a name by itself: where it is, whose, on which lists. */
import { z } from 'zod';
import { microTimeSchema } from './rest.ts';

export const addressParamsSchema = z.object({ ip: z.union([z.ipv4(), z.ipv6()]) });
export const nameParamsSchema = z.object({
  name: z
    .string()
    .max(253)
    .regex(/^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/i, 'a domain name is wanted'),
});

export const listedSchema = z.object({
  list: z.string().describe('Name of the file, or set/file of a signature set'),
  entry: z.string().describe('What stands there: the address, a network, the name or one above'),
  since: microTimeSchema.nullable().describe('When it was first read there; null: ships with us'),
});
export const addressSchema = z.object({
  ip: z.string(),
  special: z.string().nullable().describe('private, multicast, documentation … (RFC 6890)'),
  country: z.string().nullable(),
  city: z.string().nullable(),
  latitude: z.number().nullable(),
  longitude: z.number().nullable(),
  asn: z.number().nullable(),
  organisation: z.string().nullable(),
  network: z.string().nullable(),
  name: z.string().nullable().describe('By reverse DNS, where that is turned on'),
  lists: z.array(listedSchema),
});
export type AddressFacts = z.infer<typeof addressSchema>;
export const nameSchema = z.object({
  name: z.string(),
  tracker: z.object({ owner: z.string(), category: z.string() }).nullable(),
  lists: z.array(listedSchema),
});
export type Listed = z.infer<typeof listedSchema>;
