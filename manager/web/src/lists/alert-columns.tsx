// The columns of alerts.
import type { AlertRow } from '../api/contract.ts';
import { SeverityBadge } from '../table/cells.tsx';
import type { Column } from '../table/column.ts';
import { FieldLink } from '../table/field-link.tsx';
import { DESTINATION, SOURCE, TIME } from './shared-columns.tsx';

export const ALERT_COLUMNS: readonly Column<AlertRow>[] = [
  TIME,
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
  SOURCE,
  DESTINATION,
  { id: 'action', label: 'Action', tight: true, phone: 'out', cell: (row) => row.action },
];
