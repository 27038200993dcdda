// The columns of flows.
import type { FlowRow } from '../api/contract.ts';
import { Badge } from '../controls/badge.tsx';
import { formatCountry } from '../format/endpoint.ts';
import { formatBytes, formatExact } from '../format/quantity.ts';
import { spanBetween } from '../format/time.ts';
import { Endpoint } from '../table/cells.tsx';
import type { Column } from '../table/column.ts';
import { FieldLink } from '../table/field-link.tsx';
import { SOURCE, TIME } from './shared-columns.tsx';

export const FLOW_COLUMNS: readonly Column<FlowRow>[] = [
  { ...TIME, label: 'Start' },
  SOURCE,
  {
    id: 'destination',
    label: 'Destination',
    tight: true,
    phone: 'full',
    cell: (row) => (
      <>
        <Endpoint ip={row.dest_ip} port={row.dest_port} />
        {row.country !== null && (
          <span className="muted" title={formatCountry(row.country)}>
            {' '}
            {row.country}
          </span>
        )}
      </>
    ),
  },
  {
    id: 'domain',
    label: 'Domain',
    phone: 'full',
    name: true,
    cell: (row) => <FieldLink field="domain" value={row.domain} />,
  },
  {
    id: 'app',
    label: 'Application',
    tight: true,
    phone: 'top',
    cell: (row) => (
      <>
        <FieldLink field="app_proto" value={row.app_proto} />{' '}
        <span className="muted">
          <FieldLink field="proto" value={row.proto} />
        </span>
      </>
    ),
  },
  {
    id: 'state',
    label: 'State',
    tight: true,
    phone: 'out',
    cell: (row) => (
      <>
        <span className="muted">{(row.flow_state ?? row.state).toLowerCase()}</span>{' '}
        {row.alerted && <Badge tone="danger">alert</Badge>}
      </>
    ),
  },
  {
    id: 'duration',
    label: 'Duration',
    end: true,
    phone: 'out',
    cell: (row) => spanBetween(row.time, row.end),
  },
  {
    id: 'packets',
    label: 'Packets',
    roomy: true,
    end: true,
    phone: 'out',
    cell: (row) => formatExact(row.pkts_toserver + row.pkts_toclient),
  },
  {
    id: 'sent',
    label: 'To server',
    end: true,
    phone: 'labelled',
    cell: (row) => formatBytes(row.bytes_toserver),
  },
  {
    id: 'received',
    label: 'To client',
    end: true,
    phone: 'labelled',
    cell: (row) => formatBytes(row.bytes_toclient),
  },
];
