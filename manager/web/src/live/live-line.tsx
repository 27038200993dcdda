// One event of the live log; opened it shows the event as EVE JSON.
import type { LiveEvent } from '../api/contract.ts';
import { Badge, type Tone } from '../controls/badge.tsx';
import { CopyButton } from '../controls/copy-button.tsx';
import { TimeText } from '../table/cells.tsx';
import { eventEnds, eventSummary } from './event-summary.ts';

const TONE: Readonly<Partial<Record<LiveEvent['event_type'], Tone>>> = {
  alert: 'danger',
  anomaly: 'warn',
  dns: 'ok',
  tls: 'info',
  quic: 'plum',
};

interface LiveLineProps {
  readonly event: LiveEvent;
  readonly open: boolean;
  readonly onToggle: () => void;
}

export function LiveLineRow({ event, open, onToggle }: LiveLineProps) {
  return (
    <>
      <button type="button" className="live-line" aria-expanded={open} onClick={onToggle}>
        <span className="muted">
          <TimeText value={event.timestamp} />
        </span>
        <span>
          <Badge tone={TONE[event.event_type] ?? 'plain'}>{event.event_type}</Badge>
        </span>
        <span className="live-summary">{eventSummary(event)}</span>
        <span className="live-ends mono muted">{eventEnds(event)}</span>
      </button>
      {open && (
        <div className="live-json">
          <CopyButton text={JSON.stringify(event)} what="event" />
          <pre className="mono">{JSON.stringify(event, null, 2)}</pre>
        </div>
      )}
    </>
  );
}
