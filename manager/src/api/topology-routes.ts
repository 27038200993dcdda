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
import {
  OUTSIDE,
  selectNames,
  selectTopology,
  TOPOLOGY_MEMORY,
} from '../store/queries/topology.ts';
import type { Clock } from './api-deps.ts';
import { parseQuery } from './request-input.ts';
import { addRoute } from './route-table.ts';
import { timeRangeOf } from './time-range.ts';

type StoredNode = Omit<TopologyNode, 'id' | 'label' | 'bytes' | 'network' | 'country'> & {
  readonly node: string;
  readonly name: string | null;
};
type StoredEdge = TopologyEdge & { readonly among: number };
interface Named {
  readonly ip: string;
  readonly domain: string | null;
  readonly network: string | null;
  readonly country: string | null;
}
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
    const { rows } = await pool.withTransaction(async (client) => {
      await client.query(TOPOLOGY_MEMORY);
      return client.query<Stored>(text, [...values]);
    });
    const { nodes, edges } = rows[0] ?? { nodes: [], edges: [] };
    const outside = nodes.filter(({ node, place }) => place === 'outside' && node !== OUTSIDE);
    const names = selectNames(
      range,
      outside.map(({ ip }) => ip),
    );
    const named =
      outside.length === 0 ? [] : (await pool.query<Named>(names.text, names.values)).rows;
    return topologyOf({ nodes, edges }, new Map(named.map((each) => [each.ip, each])));
  });
}

function topologyOf({ nodes, edges }: Stored, named: ReadonlyMap<string, Named>): Topology {
  const bytes = new Map<string, number>();
  for (const edge of edges) {
    const both = edge.bytes_toserver + edge.bytes_toclient;
    for (const end of [edge.source, edge.target]) bytes.set(end, (bytes.get(end) ?? 0) + both);
  }
  return {
    nodes: nodes
      .map(({ node, name, ...of }) => {
        const known = node === OUTSIDE ? undefined : named.get(of.ip);
        return {
          ...of,
          id: node,
          label: labelOf(node, name ?? known?.domain ?? of.ip, of.workload),
          ...{ network: known?.network ?? null, country: known?.country ?? null },
          bytes: bytes.get(node) ?? 0,
        };
      })
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
