// The columns of anomalies: unusual behaviour, malformed packets, broken streams, broken application data.
import type { AnomalyRow } from '../api/contract.ts';
import { Badge, type Tone } from '../controls/badge.tsx';
import type { Column } from '../table/column.ts';
import { FieldLink } from '../table/field-link.tsx';
import { DESTINATION, SOURCE, TIME } from './shared-columns.tsx';

const TYPE_TONE: Readonly<Record<string, Tone>> = {
  decode: 'warn',
  stream: 'info',
  applayer: 'plum',
  behaviour: 'danger',
};

export const ANOMALY_COLUMNS: readonly Column<AnomalyRow>[] = [
  TIME,
  {
    id: 'type',
    label: 'Layer',
    tight: true,
    phone: 'top',
    cell: (row) => (
      <Badge tone={TYPE_TONE[row.type] ?? 'plain'}>
        <FieldLink field="type" value={row.type} />
      </Badge>
    ),
  },
  {
    id: 'event',
    label: 'Event',
    phone: 'full',
    cell: (row) => <FieldLink field="event" value={row.event} mono />,
  },
  {
    id: 'summary',
    label: 'What happened',
    phone: 'full',
    cell: (row) =>
      row.summary === null ? null : (
        <>
          {row.score} · {row.summary}
        </>
      ),
  },
  SOURCE,
  DESTINATION,
  { id: 'proto', label: 'Protocol', tight: true, phone: 'out', cell: (row) => row.proto },
  {
    id: 'sensor',
    label: 'Sensor',
    phone: 'out',
    cell: (row) => <FieldLink field="sensor" value={row.sensor} />,
  },
];
