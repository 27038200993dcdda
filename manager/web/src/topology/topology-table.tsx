// The graph as a table: every tie with its two ends, for those who do not look at pictures and for exact figures.
import type { ReactNode } from 'react';
import type { Topology, TopologyNode } from '../api/contract.ts';
import { formatBytes, formatCount } from '../format/quantity.ts';

interface TopologyTableProps {
  readonly topology: Topology;
  readonly onChoose: (id: string) => void;
}

export function TopologyTable({ topology, onChoose }: TopologyTableProps) {
  const nodes = new Map(topology.nodes.map((node) => [node.id, node]));
  return (
    <div className="table-scroll">
      <table className="table">
        <caption className="visually-hidden">Who talks with whom</caption>
        <thead>
          <tr>
            <th scope="col">Opens</th>
            <th scope="col">To</th>
            <th scope="col" className="end">
              Sent
            </th>
            <th scope="col" className="end">
              Received
            </th>
            <th scope="col" className="end">
              Flows
            </th>
            <th scope="col" className="end">
              Alerts
            </th>
          </tr>
        </thead>
        <tbody>
          {topology.edges.map((edge) => (
            <tr
              key={`${edge.source} ${edge.target}`}
              onClick={() => {
                if (window.getSelection()?.type !== 'Range') onChoose(edge.source);
              }}
            >
              <End node={nodes.get(edge.source)} onChoose={onChoose} />
              <End node={nodes.get(edge.target)} onChoose={onChoose} />
              <Figure label="Sent">{formatBytes(edge.bytes_toserver)}</Figure>
              <Figure label="Received">{formatBytes(edge.bytes_toclient)}</Figure>
              <Figure label="Flows">{formatCount(edge.flows)}</Figure>
              <Figure label="Alerts">{edge.alerts === 0 ? null : formatCount(edge.alerts)}</Figure>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface EndProps {
  readonly node: TopologyNode | undefined;
  readonly onChoose: (id: string) => void;
}

function End({ node, onChoose }: EndProps) {
  if (node === undefined) return <td />;
  return (
    <td className="name">
      <button
        type="button"
        className="row-open"
        onClick={(event) => {
          event.stopPropagation();
          onChoose(node.id);
        }}
      >
        {node.label}
      </button>
    </td>
  );
}

function Figure({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <td className="end phone-labelled" data-label={label}>
      {children}
    </td>
  );
}
