// The few numbers to read first.
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useSensors, useStats } from '../../api/queries.ts';
import { formatBitRate, formatBytes, formatCount, formatRatio } from '../../format/quantity.ts';
import { rangeBounds, rangeQuery } from '../../url/time-range.ts';
import { useUrlState } from '../../url/url-state.ts';
import { bandwidthSeries } from './bandwidth-series.ts';

export function Figures() {
  const url = useUrlState();
  const query = rangeQuery(url.range);
  const bandwidth = useStats('bandwidth', query, url.range);
  const events = useStats('events', query, url.range);
  const sensors = useSensors();
  const points = bandwidth.data?.points;
  const bytes = points?.reduce((sum, p) => sum + p.bytes_toserver + p.bytes_toclient, 0);
  const packets = points?.reduce((sum, point) => sum + point.packets, 0);
  const nowMs = bandwidth.dataUpdatedAt;
  const series =
    bandwidth.data && bandwidthSeries(bandwidth.data, { ...rangeBounds(url.range, nowMs), nowMs });
  const counts = events.data?.byType;
  const loss = sensors.data?.items.reduce((worst, one) => Math.max(worst, one.lossRatio), 0);
  return (
    <dl className="figures panel">
      <Figure label="Traffic" value={bytes === undefined ? undefined : formatBytes(bytes)} />
      <Figure label="Packets" value={packets === undefined ? undefined : formatCount(packets)} />
      <Figure label="Mean rate" value={series && formatBitRate(series.mean)} />
      <Figure
        label="Flows"
        value={counts && formatCount(counts['flow'] ?? 0)}
        href={url.page('/flows')}
      />
      <Figure
        label="Alerts"
        value={counts && formatCount(counts['alert'] ?? 0)}
        href={url.page('/alerts')}
        tone={(counts?.['alert'] ?? 0) > 0 ? 'danger' : undefined}
      />
      <Figure
        label="Anomalies"
        value={counts && formatCount(counts['anomaly'] ?? 0)}
        href={url.page('/anomalies')}
      />
      <Figure
        label="Packet loss"
        value={loss === undefined ? undefined : formatRatio(loss)}
        href={url.page('/sensors')}
        tone={loss !== undefined && loss > 0.001 ? 'warn' : undefined}
      />
    </dl>
  );
}

interface FigureProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly href?: string;
  readonly tone?: 'danger' | 'warn' | undefined;
}

function Figure({ label, value, href, tone }: FigureProps) {
  const content: ReactNode = value ?? <span className="muted">…</span>;
  return (
    <div className={tone === undefined ? 'figure' : `figure ${tone}`}>
      <dt>{label}</dt>
      <dd>{href === undefined ? content : <Link href={href}>{content}</Link>}</dd>
    </div>
  );
}
