/**
 * REST of the topology: who talks with whom, as a graph of devices or workloads.
 *
 * Invariant: every edge's ends are among the nodes; what the bound leaves out is counted.
 */
import { z } from 'zod';
import { timeRangeQuerySchema } from './rest.ts';

export const MAX_TOPOLOGY_EDGES = 500;
export const DEFAULT_TOPOLOGY_EDGES = 150;

const count = z.int().min(0);
const ip = z.union([z.ipv4(), z.ipv6()]);

export const topologyQuerySchema = timeRangeQuerySchema.extend({
  by: z
    .enum(['device', 'workload'])
    .default('device')
    .describe('workload: pods of the same workload are one node, where a cluster names them'),
  outside: z
    .enum(['each', 'one', 'none'])
    .default('each')
    .describe('Addresses that are not ours: each by itself, all as one node, or left out'),
  device: ip.optional().describe('Only what the machine with this address talks with'),
  namespace: z.string().max(63).optional().describe('One end is in this namespace of a cluster'),
  kind: z.string().max(32).optional().describe('One end is of this kind: printer, camera, pod …'),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_TOPOLOGY_EDGES)
    .default(DEFAULT_TOPOLOGY_EDGES)
    .describe('Edges at most: those with alerts first, then those with most bytes'),
});

export const TOPOLOGY_PLACES = ['inside', 'outside', 'group'] as const;
export const topologyNodeSchema = z.object({
  id: z.string().describe('The machine (mac:… or ip:…), namespace/workload, or outside'),
  label: z.string().describe('Name, else address'),
  place: z.enum(TOPOLOGY_PLACES).describe('group: multicast and broadcast'),
  kind: z.string().nullable().describe('As of devices'),
  namespace: z.string().nullable(),
  workload: z.string().nullable(),
  network: z.string().nullable().describe('Who runs it, of an address outside, where it is known'),
  country: z.string().nullable(),
  ip: z.string().describe('One of its addresses, the busiest'),
  addresses: count.describe('How many addresses are this node'),
  bytes: count.describe('Over the edges shown'),
  findings: count.describe('Open findings of analysis about it in the time range'),
  top_score: count.nullable().describe('Of these findings'),
});
export const topologyEdgeSchema = z.object({
  source: z.string().describe('Node that opened the flows'),
  target: z.string(),
  bytes_toserver: count,
  bytes_toclient: count,
  flows: count,
  alerts: count.describe('Alerts of signatures between the two, whichever sent the packet'),
});
export const topologySchema = z.object({
  nodes: z.array(topologyNodeSchema),
  edges: z.array(topologyEdgeSchema),
  left_out: count.describe('Edges beyond `limit`'),
});
export type TopologyNode = z.infer<typeof topologyNodeSchema>;
export type TopologyEdge = z.infer<typeof topologyEdgeSchema>;
export type Topology = z.infer<typeof topologySchema>;
export type TopologyQuery = z.infer<typeof topologyQuerySchema>;
