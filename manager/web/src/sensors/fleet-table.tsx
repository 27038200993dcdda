// Many sensors, a line each. Invariant: at most `shown` lines are drawn, more on demand, however large the fleet is.
import { useState } from 'react';
import type { SensorRow } from '../api/contract.ts';
import { Badge } from '../controls/badge.tsx';
import { formatCount, formatExact, formatRatio } from '../format/quantity.ts';
import { formatAgo, formatUtc } from '../format/time.ts';
import type { Column } from '../table/column.ts';
import { EventTable } from '../table/event-table.tsx';
import { sensorTone, sourceName, strategyName } from './sensor-state.ts';

const STEP = 200;

const COLUMNS: readonly Column<SensorRow>[] = [
  { id: 'node', label: 'Node', phone: 'full', cell: ({ report }) => report.node },
  {
    id: 'state',
    label: 'State',
    tight: true,
    phone: 'top',
    cell: (sensor) => {
      const { tone, word } = sensorTone(sensor);
      return <Badge tone={tone}>{word}</Badge>;
    },
  },
  {
    id: 'why',
    label: 'Conditions',
    phone: 'full',
    cell: ({ report }) =>
      report.conditions
        .filter(({ status }) => status === 'False')
        .map(({ type, reason }) => `${type}: ${reason}`)
        .join(', '),
  },
  {
    id: 'capture',
    label: 'Captures',
    phone: 'full',
    cell: ({ report }) =>
      report.interfaces.map((one) => `${sourceName(one)} (${strategyName(one)})`).join(', '),
  },
  {
    id: 'loss',
    label: 'Loss',
    end: true,
    phone: 'labelled',
    cell: ({ lossRatio }) => formatRatio(lossRatio),
  },
  {
    id: 'lost',
    label: 'Events lost',
    end: true,
    phone: 'labelled',
    cell: ({ eventsLost }) => formatCount(eventsLost),
  },
  {
    id: 'signatures',
    label: 'Signatures',
    tight: true,
    phone: 'labelled',
    cell: ({ report: { signatures } }) =>
      signatures?.digest === undefined ? (
        <span className="muted">{signatures?.state ?? '–'}</span>
      ) : (
        <span className="mono" title={signatures.digest}>
          {signatures.revision ?? signatures.digest.replace('sha256:', '').slice(0, 12)}
        </span>
      ),
  },
  {
    id: 'version',
    label: 'Version',
    roomy: true,
    phone: 'out',
    cell: ({ report }) => report.version,
  },
  {
    id: 'reported',
    label: 'Reported',
    tight: true,
    phone: 'labelled',
    cell: ({ report }) => (
      <time dateTime={report.reportedAt} title={formatUtc(report.reportedAt)}>
        {formatAgo(report.reportedAt, Date.now())}
      </time>
    ),
  },
];

interface FleetTableProps {
  readonly sensors: readonly SensorRow[];
  readonly idOf: (sensor: SensorRow) => string;
  readonly selected: string | null;
  readonly onOpen: (id: string) => void;
}

export function FleetTable({ sensors, idOf, selected, onOpen }: FleetTableProps) {
  const [shown, setShown] = useState(STEP);
  const rows = sensors.slice(0, shown);
  return (
    <>
      <EventTable
        label="sensors"
        columns={COLUMNS}
        rows={rows}
        keyOf={idOf}
        selected={selected}
        onOpen={(sensor) => onOpen(idOf(sensor))}
      />
      <div className="load-more">
        <span className="muted">
          {formatExact(rows.length)} of {formatExact(sensors.length)} shown
        </span>
        {rows.length < sensors.length && (
          <button type="button" className="button" onClick={() => setShown(shown + STEP)}>
            Show more
          </button>
        )}
      </div>
    </>
  );
}
