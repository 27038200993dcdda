// The columns of alerts.
import type { AlertRow } from '../api/contract.ts';
import { Endpoint, SeverityBadge, TimeText } from '../table/cells.tsx';
import type { Column } from '../table/column.ts';
import { FieldLink } from '../table/field-link.tsx';

export const ALERT_COLUMNS: readonly Column<AlertRow>[] = [
  { id: 'time', label: 'Time', tight: true, cell: (row) => <TimeText value={row.time} /> },
  {
    id: 'severity',
    label: 'Severity',
    tight: true,
    phone: 'top',
    cell: (row) => (
      <FieldLink field="severity" value={row.severity}>
        <SeverityBadge severity={row.severity} />
      </FieldLink>
    ),
  },
  {
    id: 'signature',
    label: 'Signature',
    phone: 'full',
    cell: (row) => (
      <>
        <FieldLink field="signature_id" value={row.signature_id}>
          {row.signature}
        </FieldLink>{' '}
        <span className="muted mono">{row.signature_id}</span>
      </>
    ),
  },
  {
    id: 'category',
    label: 'Category',
    phone: 'full',
    cell: (row) => <span className="muted">{row.category}</span>,
  },
  {
    id: 'source',
    label: 'Source',
    phone: 'full',
    cell: (row) => <Endpoint ip={row.src_ip} port={row.src_port} />,
  },
  {
    id: 'destination',
    label: 'Destination',
    phone: 'full',
    cell: (row) => <Endpoint ip={row.dest_ip} port={row.dest_port} />,
  },
  { id: 'action', label: 'Action', tight: true, phone: 'out', cell: (row) => row.action },
];
