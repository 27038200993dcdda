// Who is on the network. A row leads to the page of that device.
import { useLocation } from 'wouter';
import { useList } from '../api/queries.ts';
import { DEVICE_COLUMNS } from '../lists/device-columns.tsx';
import { PageHead } from '../shell/page-head.tsx';
import { EmptyState } from '../states/empty-state.tsx';
import { ErrorState } from '../states/error-state.tsx';
import { Skeleton } from '../states/skeleton.tsx';
import { EventTable } from '../table/event-table.tsx';
import { ExportLinks } from '../table/export-links.tsx';
import { FilterChips, FilterInput } from '../table/filter-bar.tsx';
import { LoadMore } from '../table/load-more.tsx';
import { rangeQuery } from '../url/time-range.ts';
import { readFilters, useUrlState } from '../url/url-state.ts';

export default function Devices() {
  const url = useUrlState();
  const filters = readFilters(url.params, ['search']);
  const query = { ...rangeQuery(url.range), ...filters };
  return (
    <div className="page">
      <PageHead title="Devices" />
      <div className="filter-bar">
        <FilterInput list="devices" />
        <ExportLinks list="devices" query={query} />
      </div>
      <FilterChips list="devices" filters={filters} />
      <div className="panel">
        <DeviceTable query={query} searched={'search' in filters} />
      </div>
    </div>
  );
}

interface DeviceTableProps {
  readonly query: Readonly<Record<string, string>>;
  readonly searched: boolean;
}

function DeviceTable({ query, searched }: DeviceTableProps) {
  const [, navigate] = useLocation();
  const url = useUrlState();
  const pages = useList('devices', query);
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  if (pages.isPending) return <Skeleton lines={10} />;
  if (pages.error !== null && rows.length === 0) {
    return <ErrorState error={pages.error} onRetry={() => void pages.refetch()} />;
  }
  if (rows.length === 0) {
    return (
      <EmptyState title={searched ? 'No device matches' : 'No device was seen in this time range'}>
        {searched
          ? 'Search takes part of an address, a name or a MAC address.'
          : 'A device is listed with its first packet. Choose a longer time range, or check the sensors.'}
      </EmptyState>
    );
  }
  return (
    <>
      <EventTable
        label="devices"
        columns={DEVICE_COLUMNS}
        rows={rows}
        keyOf={(row) => row.ip}
        selected={null}
        opens="page"
        onOpen={(row) => navigate(url.page('/device', { ip: row.ip }))}
      />
      <LoadMore shown={rows.length} pages={pages} />
    </>
  );
}
