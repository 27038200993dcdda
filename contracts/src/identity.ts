/**
 * Whose an address was, and when: what the operator keeps in the bucket netmoth-identity for the manager.
 *
 * Invariants: the key is the address (`:` of IPv6 as `_`); its value names the last holders, oldest first, whose times
 * do not overlap, and only the last may still hold it. An address of a node stands for all that runs on the
 * node's own network, which cannot be told apart by it; one of a service is translated on its way.
 */
import { z } from 'zod';

const name = z.string().max(253);

export const holderSchema = z.object({
  kind: z.enum(['pod', 'service', 'node']),
  namespace: name.optional(),
  /** Of pod, service or node. */
  name,
  workload: name.optional().describe('What made the pod, e.g. deployment/web'),
  node: name.optional(),
  from: z.iso.datetime(),
  to: z.iso.datetime().optional().describe('Absent: it holds the address still'),
});
export type Holder = z.infer<typeof holderSchema>;

/** Addresses are given away again: so many holders of one are remembered. */
export const MAX_HOLDERS = 4;
export const holdersSchema = z.array(holderSchema).min(1).max(MAX_HOLDERS);

/** Address as in events → key of the bucket. */
export function identityKey(address: string): string {
  return address.replaceAll(':', '_');
}

export function identityAddress(key: string): string {
  return key.replaceAll('_', ':');
}
