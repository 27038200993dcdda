// Bandwidth over time. Drag over the chart to look closer.
import { useMemo, useState } from 'react';
import type { Bandwidth } from '../../api/contract.ts';
import { useStats } from '../../api/queries.ts';
import { type ChartSeries, TimeChart } from '../../charts/time-chart.tsx';
import { formatBitRate } from '../../format/quantity.ts';
import { formatTime } from '../../format/time.ts';
import { EmptyState } from '../../states/empty-state.tsx';
import { ErrorState } from '../../states/error-state.tsx';
import { JumpToNewest } from '../../states/jump-to-newest.tsx';
import { Skeleton } from '../../states/skeleton.tsx';
import { rangeBounds, rangeLabel, rangeQuery, type TimeRange } from '../../url/time-range.ts';
import { useUrlState } from '../../url/url-state.ts';
import { bandwidthSeries } from './bandwidth-series.ts';

const TO_CLIENT = { color: '--luna-fill', fill: '--luna-soft' } as const;
const TO_SERVER = { color: '--plum-fill', fill: '--plum-soft' } as const;
/** Of the network as a whole, and of one device. */
const LABELS = {
  network: ['To clients', 'To servers'],
  device: ['Received', 'Sent'],
} as const;
const HEIGHT_PX = 248;

export function BandwidthPanel({ device }: { readonly device?: string }) {
  const { range } = useUrlState();
  const query = { ...rangeQuery(range), ...(device === undefined ? {} : { device }) };
  const bandwidth = useStats('bandwidth', query, range);
  return (
    <section className="panel" aria-label="Bandwidth">
      {bandwidth.data !== undefined ? (
        <Wings
          answer={bandwidth.data}
          range={range}
          asOfMs={bandwidth.dataUpdatedAt}
          labels={LABELS[device === undefined ? 'network' : 'device']}
        />
      ) : bandwidth.error !== null ? (
        <ErrorState error={bandwidth.error} onRetry={() => void bandwidth.refetch()} />
      ) : (
        <Skeleton lines={9} />
      )}
    </section>
  );
}

interface WingsProps {
  readonly answer: Bandwidth;
  readonly range: TimeRange;
  readonly asOfMs: number;
  readonly labels: readonly [string, string];
}

function Wings({ answer, range, asOfMs, labels }: WingsProps) {
  const { setRange } = useUrlState();
  const [hover, setHover] = useState<number | null>(null);
  const series = useMemo(
    () => bandwidthSeries(answer, { ...rangeBounds(range, asOfMs), nowMs: asOfMs }),
    [answer, range, asOfMs],
  );
  const data = useMemo(
    () => [series.times, series.toClient, series.toServer] as [number[], number[], number[]],
    [series],
  );
  const lines: readonly ChartSeries[] = [
    { label: labels[0], ...TO_CLIENT },
    { label: labels[1], ...TO_SERVER },
  ];
  const summary = `peak ${formatBitRate(series.peak)}, mean ${formatBitRate(series.mean)}`;
  const at = hover === null ? undefined : series.times[hover];
  if (series.peak === 0) {
    return (
      <EmptyState title="No traffic in this time range" actions={<JumpToNewest list="flows" />}>
        Choose a longer time range, or look at the sensors page to see whether one is capturing.
      </EmptyState>
    );
  }
  return (
    <>
      <div className="panel-head">
        <h2>Bandwidth</h2>
        <p className="legend" aria-live="off">
          {at === undefined ? (
            <span className="muted">{summary}</span>
          ) : (
            <span className="muted">
              {formatTime(new Date(at * 1_000).toISOString(), Date.now()).slice(0, -4)}
            </span>
          )}
          <LegendItem tone="luna" label={labels[0]} value={valueAt(series.toClient, hover)} />
          <LegendItem tone="plum" label={labels[1]} value={valueAt(series.toServer, hover)} />
        </p>
      </div>
      <div className="panel-body">
        <TimeChart
          label={`Bandwidth, ${rangeLabel(range)}: ${summary}`}
          height={HEIGHT_PX}
          series={lines}
          data={data}
          formatValue={(value) => formatBitRate(Math.abs(value)).replace(/\.0+ /, ' ')}
          onHover={setHover}
          onZoom={(sinceMs, untilMs) => setRange({ kind: 'fixed', sinceMs, untilMs })}
        />
      </div>
    </>
  );
}

function valueAt(values: readonly number[], index: number | null): string {
  const value = index === null ? undefined : values[index];
  return value === undefined ? '' : formatBitRate(Math.abs(value));
}

interface LegendItemProps {
  readonly tone: string;
  readonly label: string;
  readonly value: string;
}

function LegendItem({ tone, label, value }: LegendItemProps) {
  return (
    <span className={`legend-item ${tone}`}>
      {label} <b>{value}</b>
    </span>
  );
}
