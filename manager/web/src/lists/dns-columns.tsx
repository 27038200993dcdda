// The columns of DNS queries and answers.
import type { DnsRow } from '../api/contract.ts';
import { Badge, type Tone } from '../controls/badge.tsx';
import { Endpoint, TimeText } from '../table/cells.tsx';
import type { Column } from '../table/column.ts';
import { FieldLink } from '../table/field-link.tsx';

const RCODE_TONE: Readonly<Record<string, Tone>> = {
  NOERROR: 'ok',
  NXDOMAIN: 'warn',
  SERVFAIL: 'danger',
  REFUSED: 'danger',
};

export const DNS_COLUMNS: readonly Column<DnsRow>[] = [
  { id: 'time', label: 'Time', tight: true, cell: (row) => <TimeText value={row.time} /> },
  { id: 'type', label: 'Message', tight: true, phone: 'top', cell: (row) => row.type },
  {
    id: 'client',
    label: 'Source',
    phone: 'full',
    cell: (row) => <Endpoint ip={row.src_ip} port={row.src_port} />,
  },
  {
    id: 'server',
    label: 'Destination',
    phone: 'out',
    cell: (row) => <Endpoint ip={row.dest_ip} port={row.dest_port} />,
  },
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
