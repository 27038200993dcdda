// The graph as SVG. Invariants: one tab stop, arrows walk to the nearest node, Enter opens it; what is drawn is all in
// the table too; nothing but the chosen node's surroundings is highlighted.
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { Topology, TopologyNode } from '../api/contract.ts';
import { formatBytes } from '../format/quantity.ts';
import { layoutGraph, nearestTowards, type Place } from './layout.ts';

interface TopologyGraphProps {
  readonly topology: Topology;
  readonly chosen: string | null;
  readonly onChoose: (id: string | null) => void;
}

const MARGIN_PX = 44;
const MIN_HEIGHT_PX = 380;
const MAX_HEIGHT_PX = 760;
const EDGE_PX = 96;
/** So many of the heaviest are named; of the others who is looked at, and whom it talks with. */
const NAMED = 24;
const MAX_NAME = 26;
const ARROWS: Readonly<Record<string, Place>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

export interface Tie {
  readonly key: string;
  readonly source: string;
  readonly target: string;
  readonly bytes: number;
  readonly flows: number;
  readonly alerts: number;
}

/** One line for both directions. */
export function tiesOf({ edges }: Pick<Topology, 'edges'>): readonly Tie[] {
  const ties = new Map<string, Tie>();
  for (const { source, target, bytes_toserver, bytes_toclient, flows, alerts } of edges) {
    const key = [source, target].toSorted().join(' ');
    const known = ties.get(key);
    ties.set(key, {
      ...{ key, source, target },
      bytes: bytes_toserver + bytes_toclient + (known?.bytes ?? 0),
      flows: flows + (known?.flows ?? 0),
      // The manager tells alerts between two with each of their edges.
      alerts: Math.max(alerts, known?.alerts ?? 0),
    });
  }
  // What is drawn last lies on top.
  return [...ties.values()].toSorted((a, b) => a.alerts - b.alerts);
}

export function TopologyGraph({ topology, chosen, onChoose }: TopologyGraphProps) {
  const { nodes } = topology;
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const height = Math.min(MAX_HEIGHT_PX, Math.max(MIN_HEIGHT_PX, width * 0.62));
  const ties = useMemo(() => tiesOf(topology), [topology]);
  const places = usePlaces(nodes, ties);
  const [looked, setLooked] = useState<string | null>(null);
  const centre = looked ?? chosen;
  const near = useMemo(() => neighboursOf(ties, centre), [ties, centre]);
  const stop = [looked, chosen].find((id) => nodes.some((node) => node.id === id)) ?? nodes[0]?.id;

  const at = (id: string): Place => {
    const { x, y } = places.get(id) ?? { x: 0.5, y: 0.5 };
    const across = Math.max(0, width - 2 * MARGIN_PX);
    return { x: MARGIN_PX + x * across, y: MARGIN_PX + y * (height - 2 * MARGIN_PX) };
  };
  const onKey = (event: KeyboardEvent, id: string) => {
    const towards = ARROWS[event.key];
    if (towards !== undefined) {
      event.preventDefault();
      const next = nearestTowards(places, id, towards);
      if (next !== undefined) focusNode(box.current, next);
    }
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onChoose(id);
    }
    if (event.key === 'Escape') onChoose(null);
  };
  return (
    <div className="topology-box" ref={box}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be an SVG. */}
      <svg
        className={centre === null ? 'topology' : 'topology focused'}
        width={width}
        height={height}
        role="group"
        aria-label={`Graph of ${nodes.length} nodes; arrow keys walk, Enter opens`}
      >
        <g>
          {ties.map((tie) => {
            const [from, to] = [at(tie.source), at(tie.target)];
            const lit = centre === tie.source || centre === tie.target;
            return (
              <line
                key={tie.key}
                className={`tie${tie.alerts > 0 ? ' alerted' : ''}${lit ? ' lit' : ''}`}
                x1={from.x}
                y1={from.y}
                x2={to.x}
                y2={to.y}
                strokeWidth={0.8 + Math.log10(1 + tie.bytes) / 4}
              />
            );
          })}
        </g>
        {nodes.map((node, index) => {
          const lit = near.has(node.id);
          return (
            // biome-ignore lint/a11y/useSemanticElements: a button cannot stand in SVG.
            <g
              key={node.id}
              data-node={node.id}
              role="button"
              tabIndex={node.id === stop ? 0 : -1}
              aria-label={spoken(node, ties)}
              aria-pressed={node.id === chosen}
              className={classesOf(node, lit)}
              style={{ transform: `translate(${at(node.id).x}px, ${at(node.id).y}px)` }}
              onClick={() => onChoose(node.id === chosen ? null : node.id)}
              onKeyDown={(event) => onKey(event, node.id)}
              onFocus={() => setLooked(node.id)}
              onBlur={() => setLooked(null)}
              onPointerEnter={() => setLooked(node.id)}
              onPointerLeave={() => setLooked(null)}
            >
              <circle className="hit" r={16} />
              <circle className="dot" r={radiusOf(node)} />
              {(lit || index < NAMED || node.findings > 0) && (
                <text y={radiusOf(node) + 13} textAnchor={anchorAt(at(node.id).x, width)}>
                  {shortened(node.label)}
                </text>
              )}
            </g>
          );
        })}
      </svg>
    </div>
  );
}

function useWidth(box: React.RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (box.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.floor(entry.contentRect.width));
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [box]);
  return width;
}

/** Laid out anew only where the graph has other nodes or ties, from where they stood. */
function usePlaces(nodes: readonly TopologyNode[], ties: readonly Tie[]) {
  const before = useRef<ReadonlyMap<string, Place>>(new Map());
  const shape = [...nodes.map(({ id }) => id), ...ties.map(({ key }) => key)].toSorted().join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the shape stands for nodes and ties.
  return useMemo(() => {
    const ids = nodes.map(({ id }) => id).toSorted();
    before.current = layoutGraph(ids, ties, before.current);
    return before.current;
  }, [shape]);
}

function neighboursOf(ties: readonly Tie[], id: string | null): ReadonlySet<string> {
  if (id === null) return new Set();
  const near = new Set([id]);
  for (const { source, target } of ties) {
    if (source === id) near.add(target);
    if (target === id) near.add(source);
  }
  return near;
}

function focusNode(box: HTMLElement | null, id: string): void {
  box?.querySelector<SVGGElement>(`[data-node="${CSS.escape(id)}"]`)?.focus();
}

const radiusOf = ({ bytes }: TopologyNode): number => 4 + Math.min(9, Math.log10(1 + bytes));

function classesOf({ place, findings, kind }: TopologyNode, lit: boolean): string {
  const parts = ['node', place, kind === 'pod' ? 'pod' : '', findings > 0 ? 'found' : ''];
  return [...parts, lit ? 'lit' : ''].filter((part) => part !== '').join(' ');
}

/** At the edges a name grows inwards. */
function anchorAt(x: number, width: number): 'start' | 'middle' | 'end' {
  if (x < EDGE_PX) return 'start';
  return x > width - EDGE_PX ? 'end' : 'middle';
}

const shortened = (label: string): string =>
  label.length > MAX_NAME ? `${label.slice(0, MAX_NAME - 1)}…` : label;

function spoken({ id, label, kind, bytes, findings }: TopologyNode, ties: readonly Tie[]): string {
  const own = ties.filter(({ source, target }) => source === id || target === id);
  const alerts = own.reduce((sum, tie) => sum + tie.alerts, 0);
  return [
    label,
    kind ?? '',
    formatBytes(bytes),
    `talks with ${own.length}`,
    alerts === 0 ? '' : `${alerts} alerts`,
    findings === 0 ? '' : `${findings} findings`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}
