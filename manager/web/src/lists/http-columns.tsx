// The columns of HTTP transactions.
import type { HttpRow } from '../api/contract.ts';
import { Badge, type Tone } from '../controls/badge.tsx';
import { formatBytes } from '../format/quantity.ts';
import type { Column } from '../table/column.ts';
import { FieldLink } from '../table/field-link.tsx';
import { DESTINATION, SOURCE, TIME } from './shared-columns.tsx';

export function statusTone(status: number): Tone {
  if (status >= 500) return 'danger';
  if (status >= 400) return 'warn';
  return status >= 300 ? 'info' : 'ok';
}

export const HTTP_COLUMNS: readonly Column<HttpRow>[] = [
  TIME,
  {
    id: 'status',
    label: 'Status',
    tight: true,
    phone: 'top',
    cell: (row) =>
      row.status !== null && (
        <Badge tone={statusTone(row.status)}>
          <FieldLink field="status" value={row.status} />
        </Badge>
      ),
  },
  {
    id: 'method',
    label: 'Method',
    tight: true,
    cell: (row) => <FieldLink field="http_method" value={row.http_method} mono />,
  },
  {
    id: 'hostname',
    label: 'Host',
    phone: 'full',
    name: true,
    cell: (row) => <FieldLink field="hostname" value={row.hostname} />,
  },
  {
    id: 'url',
    label: 'URL',
    phone: 'full',
    cell: (row) => row.url !== null && <span className="mono clip">{row.url}</span>,
  },
  SOURCE,
  { ...DESTINATION, phone: 'out' },
  {
    id: 'agent',
    label: 'User agent',
    roomy: true,
    phone: 'out',
    cell: (row) =>
      row.http_user_agent !== null && <span className="clip muted">{row.http_user_agent}</span>,
  },
  {
    id: 'length',
    label: 'Body',
    end: true,
    phone: 'labelled',
    cell: (row) => formatBytes(row.length),
  },
];
