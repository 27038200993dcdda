// The columns of devices; how sure an attribute is stands in its title.
import type { DeviceRow } from '../api/contract.ts';
import { formatBytes, formatCount } from '../format/quantity.ts';
import { formatAgo, formatUtc } from '../format/time.ts';
import type { Column } from '../table/column.ts';

export const DEVICE_COLUMNS: readonly Column<DeviceRow>[] = [
  {
    id: 'ip',
    label: 'Address',
    phone: 'full',
    cell: (row) => <span className="mono">{row.ip}</span>,
  },
  { id: 'hostname', label: 'Name', phone: 'full', cell: (row) => row.hostname },
  {
    id: 'mac',
    label: 'MAC',
    tight: true,
    phone: 'full',
    cell: (row) => row.mac !== null && <span className="mono muted">{row.mac}</span>,
  },
  {
    id: 'type',
    label: 'Kind',
    tight: true,
    phone: 'labelled',
    cell: (row) => <Sure value={row.type} confidence={row.type_confidence} />,
  },
  {
    id: 'os',
    label: 'System',
    phone: 'labelled',
    cell: (row) => <Sure value={row.os} confidence={row.os_confidence} />,
  },
  { id: 'vendor', label: 'Maker', phone: 'labelled', cell: (row) => row.vendor },
  {
    id: 'sent',
    label: 'Sent',
    end: true,
    phone: 'labelled',
    cell: (row) => formatBytes(row.bytes_sent),
  },
  {
    id: 'received',
    label: 'Received',
    end: true,
    phone: 'labelled',
    cell: (row) => formatBytes(row.bytes_received),
  },
  {
    id: 'flows',
    label: 'Flows',
    end: true,
    phone: 'labelled',
    cell: (row) => formatCount(row.flows),
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
    label: 'First seen',
    tight: true,
    phone: 'out',
    cell: (row) => <Ago value={row.first_seen} />,
  },
];

interface SureProps {
  readonly value: string | null;
  readonly confidence: number | null;
}

function Sure({ value, confidence }: SureProps) {
  return value === null ? null : <span title={`${confidence ?? 0} % sure`}>{value}</span>;
}

function Ago({ value }: { readonly value: string }) {
  return (
    <time dateTime={value} title={formatUtc(value)}>
      {formatAgo(value, Date.now())}
    </time>
  );
}
