// Who talks with whom, as a graph that is asked for again while one looks, or as a table. All choices are in the URL.
import { type ReactNode, useCallback } from 'react';
import { Link } from 'wouter';
import type { Topology as Graph } from '../api/contract.ts';
import { useTopology } from '../api/topology.ts';
import { formatExact } from '../format/quantity.ts';
import { Icon } from '../shell/icon.tsx';
import { PageHead } from '../shell/page-head.tsx';
import { EmptyState } from '../states/empty-state.tsx';
import { ErrorState } from '../states/error-state.tsx';
import { Skeleton } from '../states/skeleton.tsx';
import { NodePanel } from '../topology/node-panel.tsx';
import { TopologyGraph } from '../topology/topology-graph.tsx';
import { TopologyTable } from '../topology/topology-table.tsx';
import { rangeQuery } from '../url/time-range.ts';
import { readFilters, useUrlState } from '../url/url-state.ts';
import './topology.css';

type Options = readonly (readonly [value: string, label: string])[];

const BY: Options = [
  ['', 'Devices'],
  ['workload', 'Workloads'],
];
const OUTSIDE: Options = [
  ['', 'each by itself'],
  ['one', 'as one'],
  ['none', 'left out'],
];
const KINDS: Options = [
  ['', 'any'],
  ...['phone', 'laptop', 'printer', 'TV', 'camera', 'server', 'IoT', 'router', 'pod'].map(
    (kind) => [kind, kind] as const,
  ),
];
const LIMITS: Options = [
  ['50', '50'],
  ['', '150'],
  ['500', '500'],
];

export default function Topology() {
  const url = useUrlState();
  const filters = readFilters(url.params, [
    ...['by', 'outside', 'device', 'namespace', 'kind', 'limit'],
  ]);
  const found = useTopology({ ...rangeQuery(url.range), ...filters }, url.range);
  const namespaces = [
    ...new Set([
      ...(found.data?.nodes.map(({ namespace }) => namespace ?? '') ?? []),
      filters['namespace'] ?? '',
    ]),
  ]
    .filter((name) => name !== '')
    .toSorted();
  return (
    <div className="page">
      <PageHead title="Topology" />
      <fieldset className="topology-bar">
        <legend className="visually-hidden">What the graph shows</legend>
        <Choice name="by" label="Nodes" options={BY} />
        <Choice name="outside" label="Outside" options={OUTSIDE} />
        <Choice name="kind" label="Kind" options={KINDS} />
        {namespaces.length > 0 && (
          <Choice
            name="namespace"
            label="Namespace"
            options={[['', 'any'], ...namespaces.map((name) => [name, name] as const)]}
          />
        )}
        <Choice name="limit" label="Edges" options={LIMITS} />
        <ViewLinks />
      </fieldset>
      {filters['device'] !== undefined && (
        <ul className="chips" aria-label="Active filters">
          <li className="chip">
            <span>
              <b>Only</b> {filters['device']}
            </span>
            <Link href={url.here({ device: null })} aria-label="Show all devices">
              <Icon name="close" size={12} />
            </Link>
          </li>
        </ul>
      )}
      <Shown found={found}>{(graph) => <View topology={graph} />}</Shown>
    </div>
  );
}

interface ShownProps {
  readonly found: ReturnType<typeof useTopology>;
  readonly children: (graph: Graph) => ReactNode;
}

function Shown({ found, children }: ShownProps) {
  const { data, error } = found;
  if (data !== undefined && data.edges.length > 0) return children(data);
  return (
    <div className="panel">
      {data === undefined && error === null && <Skeleton lines={12} />}
      {data === undefined && error !== null && (
        <ErrorState error={error} onRetry={() => void found.refetch()} />
      )}
      {data !== undefined && (
        <EmptyState title="Nobody talks with anybody here">
          A flow is counted when it ends. Choose a longer time range, or show more kinds.
        </EmptyState>
      )}
    </div>
  );
}

function View({ topology }: { readonly topology: Graph }) {
  const url = useUrlState();
  const { patch } = url;
  const onChoose = useCallback(
    (id: string | null) => patch({ node: id }, { replace: true }),
    [patch],
  );
  const chosen = topology.nodes.find(({ id }) => id === url.params.get('node'));
  const asTable = url.params.get('view') === 'table';
  const { edges, nodes, left_out } = topology;
  return (
    <div className="list-layout" data-details={chosen !== undefined}>
      <section className="panel" aria-label="Who talks with whom">
        {asTable ? (
          <TopologyTable topology={topology} onChoose={onChoose} />
        ) : (
          <TopologyGraph topology={topology} chosen={chosen?.id ?? null} onChoose={onChoose} />
        )}
        <p className="topology-foot muted">
          {formatExact(nodes.length)} nodes, {formatExact(edges.length)} edges.{' '}
          {left_out > 0 &&
            `${formatExact(left_out)} more are left out: those with alerts come first, then those with most traffic. `}
          {!asTable && <Legend />}
        </p>
      </section>
      {chosen !== undefined && <NodePanel topology={topology} node={chosen} onChoose={onChoose} />}
    </div>
  );
}

function Legend() {
  return (
    <span className="topology-legend">
      <span className="inside">ours</span>
      <span className="outside">outside</span>
      <span className="group">multicast</span>
      <span className="found">open findings</span>
      <span className="alerted">alerts</span>
    </span>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly options: Options;
}

function Choice({ name, label, options }: ChoiceProps) {
  const url = useUrlState();
  return (
    <label className="topology-choice">
      <span>{label}</span>
      <select
        className="input"
        value={url.params.get(name) ?? ''}
        onChange={(event) => url.patch({ [name]: event.target.value, node: null })}
      >
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function ViewLinks() {
  const url = useUrlState();
  const asTable = url.params.get('view') === 'table';
  return (
    <span className="topology-views">
      <Link
        className="button small"
        href={url.here({ view: null })}
        aria-current={asTable ? undefined : 'true'}
      >
        Graph
      </Link>
      <Link
        className="button small"
        href={url.here({ view: 'table' })}
        aria-current={asTable ? 'true' : undefined}
      >
        Table
      </Link>
    </span>
  );
}
