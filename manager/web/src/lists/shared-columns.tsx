// The columns that every list of events has: when, from where, to where.
import { Endpoint, TimeText } from '../table/cells.tsx';
import type { Column } from '../table/column.ts';

interface EventRow {
  readonly time: string;
  readonly src_ip: string | null;
  readonly src_port: number | null;
  readonly dest_ip: string | null;
  readonly dest_port: number | null;
}

export const TIME: Column<EventRow> = {
  id: 'time',
  label: 'Time',
  tight: true,
  cell: (row) => <TimeText value={row.time} />,
};

export const SOURCE: Column<EventRow> = {
  id: 'source',
  label: 'Source',
  phone: 'full',
  cell: (row) => <Endpoint ip={row.src_ip} port={row.src_port} />,
};

export const DESTINATION: Column<EventRow> = {
  id: 'destination',
  label: 'Destination',
  phone: 'full',
  cell: (row) => <Endpoint ip={row.dest_ip} port={row.dest_port} />,
};
