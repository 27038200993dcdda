// How many events of which kind, over time. The kinds lead to their lists.
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import type { EventCounts } from '../../api/contract.ts';
import { useStats } from '../../api/queries.ts';
import { stackedBars } from '../../charts/stacked-bars.ts';
import { TimeChart } from '../../charts/time-chart.tsx';
import { formatCount } from '../../format/quantity.ts';
import { ErrorState } from '../../states/error-state.tsx';
import { Skeleton } from '../../states/skeleton.tsx';
import { rangeBounds, rangeQuery, type TimeRange } from '../../url/time-range.ts';
import { useUrlState } from '../../url/url-state.ts';
import { eventSeries, type Kind } from './event-series.ts';

const PAGE_OF: Readonly<Record<Kind, string>> = {
  alert: '/alerts',
  anomaly: '/anomalies',
  http: '/http',
  tls: '/tls',
  dns: '/dns',
  flow: '/flows',
  other: '/live',
};

export function EventsPanel() {
  const { range } = useUrlState();
  const events = useStats('events', rangeQuery(range), range);
  return (
    <section className="panel" aria-label="Events">
      {events.data !== undefined ? (
        <Stack answer={events.data} range={range} asOfMs={events.dataUpdatedAt} />
      ) : events.error !== null ? (
        <ErrorState error={events.error} onRetry={() => void events.refetch()} />
      ) : (
        <Skeleton />
      )}
    </section>
  );
}

interface StackProps {
  readonly answer: EventCounts;
  readonly range: TimeRange;
  readonly asOfMs: number;
}

function Stack({ answer, range, asOfMs }: StackProps) {
  const url = useUrlState();
  const [hover, setHover] = useState<number | null>(null);
  const stack = useMemo(
    () => eventSeries(answer, { ...rangeBounds(range, asOfMs), nowMs: asOfMs }),
    [answer, range, asOfMs],
  );
  // The tallest first, each next one painted over it.
  const order = useMemo(
    () => stack.kinds.map((_, index) => stack.kinds.length - 1 - index),
    [stack],
  );
  const series = order.map((index) => ({
    label: stack.kinds[index] ?? '',
    color: `--chart-${stack.kinds[index] ?? 'other'}`,
    fill: `--chart-${stack.kinds[index] ?? 'other'}`,
    paths: stackedBars,
  }));
  const data = useMemo(
    () =>
      [stack.times, ...order.map((index) => stack.tops[index] ?? [])] as [number[], ...number[][]],
    [stack, order],
  );
  const shown = (index: number) => {
    const counts = stack.counts[index] ?? [];
    return hover === null ? counts.reduce((sum, count) => sum + count, 0) : (counts[hover] ?? 0);
  };
  return (
    <>
      <div className="panel-head">
        <h2>Events</h2>
        <span className="muted">{formatCount(answer.total)} in all</span>
      </div>
      <div className="panel-body">
        <ul className="legend">
          {stack.kinds.map((kind, index) => (
            <li key={kind}>
              <Link href={url.page(PAGE_OF[kind])} className={`legend-item chart-${kind}`}>
                {kind} <b>{formatCount(shown(index))}</b>
              </Link>
            </li>
          ))}
        </ul>
        {stack.kinds.length === 0 ? (
          <p className="muted">Nothing was stored in this time range.</p>
        ) : (
          <TimeChart
            label={`Events over time, ${formatCount(answer.total)} in all`}
            height={190}
            series={series}
            data={data}
            formatValue={formatCount}
            onHover={setHover}
            onZoom={(sinceMs, untilMs) => url.setRange({ kind: 'fixed', sinceMs, untilMs })}
          />
        )}
      </div>
    </>
  );
}
