// What calls home like a clock. A row leads to the page of its device.
import { useLocation } from 'wouter';
import { useBeacons } from '../api/analysis.ts';
import type { BeaconRow } from '../api/contract.ts';
import { Badge, type Tone } from '../controls/badge.tsx';
import { formatCount } from '../format/quantity.ts';
import { PageHead } from '../shell/page-head.tsx';
import { EmptyState } from '../states/empty-state.tsx';
import { ErrorState } from '../states/error-state.tsx';
import { Skeleton } from '../states/skeleton.tsx';
import { TimeText } from '../table/cells.tsx';
import type { Column } from '../table/column.ts';
import { EventTable } from '../table/event-table.tsx';
import { ExportLinks } from '../table/export-links.tsx';
import { LoadMore } from '../table/load-more.tsx';
import { rangeQuery } from '../url/time-range.ts';
import { useUrlState } from '../url/url-state.ts';

/** Of one answer, in whatever format. */
const MOST_ROWS = 1_000;
const HIGH = 0.9;
const MEDIUM = 0.75;

function toneOf(score: number): Tone {
  return score >= HIGH ? 'danger' : score >= MEDIUM ? 'warn' : 'plain';
}

function periodText(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const score = (id: string, label: string, of: (row: BeaconRow) => number): Column<BeaconRow> => ({
  ...{ id, label, end: true, roomy: true, phone: 'out' },
  cell: (row) => of(row).toFixed(2),
});

const COLUMNS: readonly Column<BeaconRow>[] = [
  {
    id: 'device',
    label: 'Device',
    cell: (row) => <span className="mono">{row.hostname ?? row.device}</span>,
  },
  {
    id: 'score',
    label: 'Score',
    tight: true,
    phone: 'top',
    cell: (row) => <Badge tone={toneOf(row.score)}>{row.score.toFixed(2)}</Badge>,
  },
  { id: 'target', label: 'Calls', name: true, phone: 'full', cell: (row) => row.target },
  {
    id: 'period',
    label: 'Every',
    end: true,
    phone: 'labelled',
    cell: (row) => periodText(row.period_seconds),
  },
  {
    id: 'jitter',
    label: 'Give or take',
    end: true,
    phone: 'labelled',
    cell: (row) => percent(row.jitter),
  },
  score('interval', 'Interval', (row) => row.interval_score),
  score('size', 'Size', (row) => row.size_score),
  score('histogram', 'Histogram', (row) => row.histogram_score),
  score('duration', 'Duration', (row) => row.duration_score),
  {
    id: 'calls',
    label: 'Times',
    end: true,
    phone: 'labelled',
    cell: (row) => formatCount(row.connections),
  },
  {
    id: 'last',
    label: 'Last seen',
    tight: true,
    phone: 'labelled',
    cell: (row) => <TimeText value={row.last_seen} />,
  },
];

export default function Beacons() {
  const url = useUrlState();
  return (
    <div className="page">
      <PageHead title="Beacons" />
      <div className="filter-bar">
        <p className="muted">
          Connections to outside that recur like a clock’s: scores of 0.75 and more are worth a
          look.
        </p>
        <ExportLinks list="beacons" query={rangeQuery(url.range)} most={MOST_ROWS} />
      </div>
      <div className="panel">
        <BeaconTable query={rangeQuery(url.range)} />
      </div>
    </div>
  );
}

function BeaconTable({ query }: { readonly query: Readonly<Record<string, string>> }) {
  const [, navigate] = useLocation();
  const url = useUrlState();
  const pages = useBeacons(query);
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  if (pages.isPending) return <Skeleton lines={10} />;
  if (pages.error !== null && rows.length === 0) {
    return <ErrorState error={pages.error} onRetry={() => void pages.refetch()} />;
  }
  if (rows.length === 0) {
    return (
      <EmptyState title="No beacon in this time range">
        A beacon needs 14 calls or more; choose a longer time range.
      </EmptyState>
    );
  }
  return (
    <>
      <EventTable
        label="beacons"
        columns={COLUMNS}
        rows={rows}
        keyOf={(row) => `${row.device} ${row.target}`}
        selected={null}
        opens="page"
        onOpen={(row) => navigate(url.page('/device', { ip: row.device }))}
      />
      <LoadMore shown={rows.length} pages={pages} />
    </>
  );
}
