// What is known of the chosen node, whom it talks with, and where to go on from it.
import { useEffect } from 'react';
import { Link } from 'wouter';
import type { Topology, TopologyNode } from '../api/contract.ts';
import { Badge } from '../controls/badge.tsx';
import { formatBytes, formatCount } from '../format/quantity.ts';
import { Icon } from '../shell/icon.tsx';
import { useUrlState } from '../url/url-state.ts';
import { type Tie, tiesOf } from './topology-graph.tsx';

const SHOWN = 12;

interface NodePanelProps {
  readonly topology: Topology;
  readonly node: TopologyNode;
  readonly onChoose: (id: string | null) => void;
}

export function NodePanel({ topology, node, onChoose }: NodePanelProps) {
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => event.key === 'Escape' && onChoose(null);
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [onChoose]);
  const labels = new Map(topology.nodes.map(({ id, label }) => [id, label]));
  const own = tiesOf(topology)
    .filter(({ source, target }) => source === node.id || target === node.id)
    .toSorted((a, b) => b.alerts - a.alerts || b.bytes - a.bytes);
  return (
    <aside className="panel details" aria-label={`About ${node.label}`}>
      <div className="details-head">
        <h2>{node.label}</h2>
        <button
          type="button"
          className="button quiet icon small"
          aria-label="Close details"
          onClick={() => onChoose(null)}
        >
          <Icon name="close" />
        </button>
      </div>
      <Facts node={node} />
      <Onwards node={node} />
      <section className="related" aria-label="Talks with">
        <h3>Talks with {own.length}</h3>
        <ul>
          {own.slice(0, SHOWN).map((tie) => (
            <li key={tie.key}>
              <TieLine tie={tie} id={node.id} labels={labels} onChoose={onChoose} />
            </li>
          ))}
        </ul>
        {own.length > SHOWN && <p className="muted">and {own.length - SHOWN} more</p>}
      </section>
    </aside>
  );
}

function Facts({ node }: { readonly node: TopologyNode }) {
  const { network, country } = node;
  const { ip, addresses, kind, namespace, workload, bytes, findings, top_score } = node;
  const facts: readonly (readonly [string, string | null])[] = [
    ['Address', addresses > 1 ? `${ip} and ${addresses - 1} more` : ip],
    ['Kind', kind],
    ['Network', network],
    ['Country', country],
    ['Namespace', namespace],
    ['Workload', workload],
    ['Traffic', formatBytes(bytes)],
    ['Findings', findings === 0 ? null : `${findings} open, ${top_score} of 100 the highest`],
  ];
  return (
    <dl className="fields">
      {facts.map(([name, value]) =>
        value === null ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function Onwards({ node }: { readonly node: TopologyNode }) {
  const url = useUrlState();
  // All that is not ours, as one node, has no address of its own.
  if (node.id === 'outside') return null;
  return (
    <p className="topology-onwards">
      <Link className="button small" href={url.page('/device', { ip: node.ip })}>
        All about it
      </Link>
      <Link className="button small" href={url.page('/flows', { device: node.ip })}>
        Its flows
      </Link>
      <Link className="button small" href={url.here({ device: node.ip, node: node.id })}>
        Only this
      </Link>
      {node.findings > 0 && (
        <Link
          className="button small"
          href={url.page('/anomalies', { device: node.ip, type: 'behaviour' })}
        >
          Its findings
        </Link>
      )}
    </p>
  );
}

const alertsText = (alerts: number): string =>
  alerts === 1 ? '1 alert' : `${formatCount(alerts)} alerts`;

interface TieLineProps {
  readonly tie: Tie;
  readonly id: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly onChoose: (id: string) => void;
}

function TieLine({ tie, id, labels, onChoose }: TieLineProps) {
  const other = tie.source === id ? tie.target : tie.source;
  return (
    <button type="button" className="topology-tie" onClick={() => onChoose(other)}>
      <span className="clip">{labels.get(other) ?? other}</span>
      {tie.alerts > 0 && <Badge tone="danger">{alertsText(tie.alerts)}</Badge>}
      <span className="muted">{formatBytes(tie.bytes)}</span>
    </button>
  );
}
