// What each device tells to whom: lowest score first, with the parts of the score. A row leads to its device.
import { useLocation } from 'wouter';
import { usePrivacy } from '../api/analysis.ts';
import { apiUrl } from '../api/client.ts';
import type { PrivacyRow } from '../api/contract.ts';
import { Badge, type Tone } from '../controls/badge.tsx';
import { formatBytes, formatCount } from '../format/quantity.ts';
import { PageHead } from '../shell/page-head.tsx';
import { EmptyState } from '../states/empty-state.tsx';
import { ErrorState } from '../states/error-state.tsx';
import { Skeleton } from '../states/skeleton.tsx';
import type { Column } from '../table/column.ts';
import { EventTable } from '../table/event-table.tsx';
import { LoadMore } from '../table/load-more.tsx';
import { rangeQuery } from '../url/time-range.ts';
import { useUrlState } from '../url/url-state.ts';

const GOOD = 80;
const FAIR = 60;
const kShownTrackers = 3;
/** As many as the API gives in one answer. */
const WHOLE = { limit: '1000' };

function toneOf(score: number): Tone {
  return score >= GOOD ? 'ok' : score >= FAIR ? 'warn' : 'danger';
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function trackersText({ trackers }: PrivacyRow): string {
  const owners = [...new Set(trackers.map(({ owner }) => owner))];
  const more = owners.length > kShownTrackers ? ` and ${owners.length - kShownTrackers} more` : '';
  return owners.slice(0, kShownTrackers).join(', ') + more;
}

const COLUMNS: readonly Column<PrivacyRow>[] = [
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
    cell: (row) => <Badge tone={toneOf(row.score)}>{row.score}</Badge>,
  },
  {
    id: 'trackers',
    label: 'Bytes with trackers',
    end: true,
    phone: 'labelled',
    cell: (row) => percent(row.tracker_share),
  },
  {
    id: 'owners',
    label: 'Owners',
    end: true,
    phone: 'labelled',
    cell: (row) => row.tracker_owners,
  },
  { id: 'who', label: 'Who', name: true, phone: 'full', cell: trackersText },
  {
    id: 'clear',
    label: 'Clear text',
    end: true,
    phone: 'labelled',
    cell: (row) => percent(row.cleartext_share),
  },
  {
    id: 'unknown',
    label: 'Unknown networks',
    end: true,
    phone: 'labelled',
    cell: (row) => percent(row.unknown_network_share),
  },
  {
    id: 'countries',
    label: 'Countries',
    phone: 'out',
    roomy: true,
    cell: (row) => row.contacts.slice(0, 8).join(' '),
  },
  {
    id: 'bytes',
    label: 'Bytes',
    end: true,
    phone: 'labelled',
    cell: (row) => formatBytes(row.bytes),
  },
];

export default function Privacy() {
  const url = useUrlState();
  const query = rangeQuery(url.range);
  return (
    <div className="page">
      <PageHead title="Privacy" />
      <p>
        <a className="link" href={apiUrl('/privacy', { ...query, ...WHOLE, format: 'html' })}>
          Report to print
        </a>{' '}
        <a className="link" href={apiUrl('/privacy', { ...query, ...WHOLE, format: 'csv' })}>
          CSV
        </a>
      </p>
      <div className="panel">
        <PrivacyTable query={query} />
      </div>
    </div>
  );
}

function PrivacyTable({ query }: { readonly query: Readonly<Record<string, string>> }) {
  const [, navigate] = useLocation();
  const url = useUrlState();
  const report = usePrivacy(query, url.range);
  const rows = report.data?.pages.flatMap((page) => page.items) ?? [];
  const leftOut = report.data?.pages[0]?.left_out ?? 0;
  if (report.isPending) return <Skeleton lines={10} />;
  if (report.error !== null && rows.length === 0) {
    return <ErrorState error={report.error} onRetry={() => void report.refetch()} />;
  }
  if (rows.length === 0) {
    return (
      <EmptyState title="No traffic in this time range">Choose a longer time range.</EmptyState>
    );
  }
  return (
    <>
      <EventTable
        label="privacy"
        columns={COLUMNS}
        rows={rows}
        keyOf={(row) => row.device}
        selected={null}
        opens="page"
        onOpen={(row) => navigate(url.page('/device', { ip: row.device }))}
      />
      <LoadMore shown={rows.length} pages={report} />
      {leftOut > 0 && (
        <p className="muted">{formatCount(leftOut)} devices with less traffic are not listed.</p>
      )}
    </>
  );
}
