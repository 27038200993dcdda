// The graph of who talks with whom. Invariant: sums and bounds are the store's (store/queries/topology.ts); what is
// made here are names and the sums of what is shown.
import type { FastifyInstance } from 'fastify';
import {
  type Topology,
  type TopologyEdge,
  type TopologyNode,
  topologyQuerySchema,
} from '#contracts/rest-topology.ts';
import type { StorePool } from '../store/pool.ts';
import { OUTSIDE, selectNames, selectTopology } from '../store/queries/topology.ts';
import type { Clock } from './api-deps.ts';
import { parseQuery } from './request-input.ts';
import { addRoute } from './route-table.ts';
import { timeRangeOf } from './time-range.ts';

type StoredNode = Omit<TopologyNode, 'id' | 'label' | 'bytes'> & {
  readonly node: string;
  readonly name: string | null;
};
type StoredEdge = TopologyEdge & { readonly among: number };
interface Stored {
  readonly nodes: readonly StoredNode[];
  readonly edges: readonly StoredEdge[];
}

export function installTopologyRoutes(
  app: FastifyInstance,
  { pool, clock }: { readonly pool: StorePool; readonly clock: Clock },
): void {
  addRoute(app, 'getTopology', async (request) => {
    const { last, since, until, ...query } = parseQuery(topologyQuerySchema, request.query);
    const range = timeRangeOf({ last, since, until }, clock());
    const { text, values } = selectTopology(range, query);
    const { rows } = await pool.query<Stored>(text, values);
    const { nodes, edges } = rows[0] ?? { nodes: [], edges: [] };
    const nameless = nodes.filter((node) => node.name === null && node.place === 'outside');
    const names = selectNames(
      range,
      nameless.map(({ ip }) => ip),
    );
    const named =
      nameless.length === 0
        ? []
        : (await pool.query<{ ip: string; domain: string }>(names.text, names.values)).rows;
    return topologyOf({ nodes, edges }, new Map(named.map(({ ip, domain }) => [ip, domain])));
  });
}

function topologyOf({ nodes, edges }: Stored, domains: ReadonlyMap<string, string>): Topology {
  const bytes = new Map<string, number>();
  for (const edge of edges) {
    const both = edge.bytes_toserver + edge.bytes_toclient;
    for (const end of [edge.source, edge.target]) bytes.set(end, (bytes.get(end) ?? 0) + both);
  }
  return {
    nodes: nodes
      .map(({ node, name, ...of }) => ({
        ...of,
        id: node,
        label: labelOf(node, name ?? domains.get(of.ip) ?? of.ip, of.workload),
        bytes: bytes.get(node) ?? 0,
      }))
      .sort((a, b) => b.bytes - a.bytes || (a.id < b.id ? -1 : 1)),
    edges: edges.map(({ among: _among, ...edge }) => edge),
    left_out: Math.max(0, (edges[0]?.among ?? 0) - edges.length),
  };
}

/** A node that stands for a workload is called by it, not by one of its pods. */
function labelOf(id: string, name: string, workload: string | null): string {
  if (id === OUTSIDE) return 'outside';
  return workload !== null && id.endsWith(`/${workload}`) ? workload : name;
}
