// The columns of DNS queries and answers.
import type { DnsRow } from '../api/contract.ts';
import { Badge, type Tone } from '../controls/badge.tsx';
import type { Column } from '../table/column.ts';
import { FieldLink } from '../table/field-link.tsx';
import { DESTINATION, SOURCE, TIME } from './shared-columns.tsx';

const RCODE_TONE: Readonly<Record<string, Tone>> = {
  NOERROR: 'ok',
  NXDOMAIN: 'warn',
  SERVFAIL: 'danger',
  REFUSED: 'danger',
};

export const DNS_COLUMNS: readonly Column<DnsRow>[] = [
  TIME,
  { id: 'type', label: 'Message', tight: true, phone: 'top', cell: (row) => row.type },
  SOURCE,
  { ...DESTINATION, phone: 'out' },
  {
    id: 'rrtype',
    label: 'Type',
    tight: true,
    phone: 'labelled',
    cell: (row) => <FieldLink field="rrtype" value={row.rrtype} mono />,
  },
  {
    id: 'rrname',
    label: 'Name',
    phone: 'full',
    name: true,
    cell: (row) => <FieldLink field="rrname" value={row.rrname} />,
  },
  {
    id: 'rcode',
    label: 'Code',
    tight: true,
    cell: (row) =>
      row.rcode !== null && (
        <Badge tone={RCODE_TONE[row.rcode] ?? 'plain'}>
          <FieldLink field="rcode" value={row.rcode} />
        </Badge>
      ),
  },
  {
    id: 'answers',
    label: 'Answers',
    phone: 'full',
    cell: (row) =>
      row.answers.length > 0 && <span className="mono muted clip">{row.answers.join(', ')}</span>,
  },
];
