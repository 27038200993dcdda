// Which signatures fire in the time range, whoever sent them to the sensors. The search is in the URL.
import { Link, useLocation } from 'wouter';
import type { SignatureHitRow } from '../../api/contract.ts';
import { useHits } from '../../api/signatures.ts';
import { formatCount } from '../../format/quantity.ts';
import { EmptyState } from '../../states/empty-state.tsx';
import { ErrorState } from '../../states/error-state.tsx';
import { Skeleton } from '../../states/skeleton.tsx';
import { SeverityBadge } from '../../table/cells.tsx';
import type { Column } from '../../table/column.ts';
import { EventTable } from '../../table/event-table.tsx';
import { LoadMore } from '../../table/load-more.tsx';
import { rangeQuery } from '../../url/time-range.ts';
import { readFilters, useUrlState } from '../../url/url-state.ts';
import { Ago, SearchField } from './shared.tsx';

const COLUMNS: readonly Column<SignatureHitRow>[] = [
  {
    id: 'alerts',
    label: 'Alerts',
    end: true,
    cell: (row) => formatCount(row.alerts),
  },
  {
    id: 'signature',
    label: 'Signature',
    phone: 'full',
    cell: (row) => (
      <>
        <AlertsLink row={row} />{' '}
        <span className="muted mono">
          {row.gid === 1 ? row.signature_id : `${row.gid}:${row.signature_id}`}
        </span>
      </>
    ),
  },
  {
    id: 'severity',
    label: 'Severity',
    tight: true,
    phone: 'top',
    cell: (row) => row.severity > 0 && <SeverityBadge severity={row.severity} />,
  },
  {
    id: 'category',
    label: 'Category',
    phone: 'full',
    cell: (row) => <span className="muted">{row.category}</span>,
  },
  {
    id: 'last',
    label: 'Last seen',
    tight: true,
    phone: 'labelled',
    cell: (row) => <Ago value={row.last_seen} />,
  },
  {
    id: 'first',
    label: 'First ever',
    tight: true,
    phone: 'out',
    cell: (row) => <Ago value={row.first_seen} />,
  },
];

function AlertsLink({ row }: { readonly row: SignatureHitRow }) {
  const url = useUrlState();
  return (
    <Link
      className="filter-link"
      href={url.page('/alerts', { signature_id: String(row.signature_id) })}
      title="Its alerts"
    >
      {row.signature === '' ? 'no longer known' : row.signature}
    </Link>
  );
}

export function HitsPanel() {
  const url = useUrlState();
  const [, navigate] = useLocation();
  const filters = readFilters(url.params, ['search']);
  const pages = useHits({ ...rangeQuery(url.range), ...filters });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="panel" aria-labelledby="hits-title">
      <div className="panel-bar">
        <h2 id="hits-title">Signatures that fired</h2>
        <SearchField label="Find signatures that fired" placeholder="Signature id or message" />
      </div>
      {pages.isPending && <Skeleton lines={6} />}
      {pages.error !== null && rows.length === 0 && (
        <ErrorState error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      {pages.isSuccess && rows.length === 0 && (
        <EmptyState title="No signature fired in this time range" compact>
          {'search' in filters ? 'None that this search finds.' : 'Choose a longer time range.'}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <>
          <EventTable
            label="signatures that fired"
            columns={COLUMNS}
            rows={rows}
            keyOf={(row) => `${row.gid}:${row.signature_id}`}
            selected={null}
            opens="page"
            onOpen={(row) =>
              navigate(url.page('/alerts', { signature_id: String(row.signature_id) }))
            }
          />
          <LoadMore shown={rows.length} pages={pages} />
        </>
      )}
    </section>
  );
}
