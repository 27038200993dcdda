// One sensor: whether it reports, what it captures, what it lost and where.
import type { SensorRow } from '../api/contract.ts';
import { Badge } from '../controls/badge.tsx';
import { formatBytes, formatCount, formatExact, formatRatio } from '../format/quantity.ts';
import { formatAgo, formatUtc } from '../format/time.ts';
import { sensorTone, sourceName, strategyName } from './sensor-state.ts';

export function SensorCard({ sensor }: { readonly sensor: SensorRow }) {
  const { report } = sensor;
  const { tone, word } = sensorTone(sensor);
  const now = Date.now();
  return (
    <article className="panel sensor" aria-label={`${report.sensor} on ${report.node}`}>
      <header>
        <h2>{report.node}</h2>
        <Badge tone={tone}>{word}</Badge>
        <span className="muted sensor-meta">
          {report.sensor} · version {report.version} · started{' '}
          <time title={formatUtc(report.startedAt)}>{formatAgo(report.startedAt, now)}</time> ·
          reported{' '}
          <time title={formatUtc(report.reportedAt)}>{formatAgo(report.reportedAt, now)}</time>
        </span>
      </header>
      <ul className="interfaces">
        {report.interfaces.map((one) => (
          <li key={one.name}>
            <Badge tone={one.up ? 'ok' : 'danger'}>{one.up ? 'up' : 'down'}</Badge>
            <span className="mono" title={one.name}>
              {sourceName(one)}
            </span>
            <span className="muted">
              {strategyName(one)}, {one.workers} {one.workers === 1 ? 'worker' : 'workers'}
            </span>
            {one.fault !== undefined && <span>{one.fault}</span>}
          </li>
        ))}
      </ul>
      <Ledger sensor={sensor} />
      <ul className="conditions">
        <SignatureState signatures={report.signatures} />
        {report.conditions.map((condition) => (
          <li key={condition.type}>
            <Badge tone={condition.status === 'True' ? 'ok' : 'warn'}>{condition.type}</Badge>
            <span>
              {condition.reason} <span className="muted">{condition.message}</span>
            </span>
          </li>
        ))}
      </ul>
    </article>
  );
}

const STATE_TONES = { none: 'plain', loading: 'info', active: 'ok', failed: 'danger' } as const;

/** What the engine matches with, and why it is not what is wanted. */
function SignatureState({
  signatures,
}: {
  readonly signatures: SensorRow['report']['signatures'];
}) {
  if (signatures === undefined) return null;
  const { state, digest, revision, rulesLoaded = 0, rulesFailed = 0, indicators = 0 } = signatures;
  return (
    <li>
      <Badge tone={STATE_TONES[state]}>Signatures {state}</Badge>
      <span>
        {digest === undefined ? (
          'Nothing is matched.'
        ) : (
          <>
            <span className="mono" title={digest}>
              {revision ?? digest.replace('sha256:', '').slice(0, 12)}
            </span>{' '}
            {formatCount(rulesLoaded)} rules, {formatCount(indicators)} list entries
            {rulesFailed > 0 && `, ${formatCount(rulesFailed)} rules this engine cannot match`}
          </>
        )}{' '}
        {signatures.failure !== undefined && (
          <span className="muted">
            {signatures.failure.reason}: {signatures.failure.message}
          </span>
        )}
      </span>
    </li>
  );
}

/** What was seen and what was lost on the way, from the wire to the bus. */
function Ledger({ sensor }: { readonly sensor: SensorRow }) {
  const { counters, spool, rssBytes } = sensor.report;
  return (
    <dl className="ledger">
      <Entry label="Packets" value={counters.kernelPackets} />
      <Entry
        label="Dropped in kernel"
        value={counters.kernelDrops}
        loss
        note={formatRatio(sensor.lossRatio)}
      />
      <Entry label="Malformed" value={counters.invalidPackets} />
      <Entry label="Active flows" value={counters.flowsActive} />
      <Entry label="Flows evicted" value={counters.flowsEvicted} loss />
      <Entry label="Stream gaps" value={counters.reassemblyGaps} />
      <Entry label="Segments dropped" value={counters.reassemblyDrops} loss />
      <Entry label="Events made" value={counters.eventsMade} />
      <Entry label="Acknowledged by NATS" value={counters.eventsAcknowledged} />
      <Entry label="Events lost" value={sensor.eventsLost} loss />
      <Entry label="… before the spool" value={counters.eventsDroppedQueue} loss />
      <Entry label="… in the spool" value={counters.eventsDroppedSpool} loss />
      <div>
        <dt>Spool</dt>
        <dd>
          {formatBytes(spool.bytes)}{' '}
          <span className="muted">of {formatBytes(spool.capacityBytes)}</span>
        </dd>
      </div>
      <div>
        <dt>Decoded</dt>
        <dd>{formatBytes(counters.decodedBytes)}</dd>
      </div>
      <div>
        <dt>Memory</dt>
        <dd>{formatBytes(rssBytes)}</dd>
      </div>
    </dl>
  );
}

interface EntryProps {
  readonly label: string;
  readonly value: number;
  /** Anything above zero is bad. */
  readonly loss?: boolean;
  readonly note?: string;
}

function Entry({ label, value, loss = false, note }: EntryProps) {
  return (
    <div className={loss && value > 0 ? 'lost' : undefined}>
      <dt>{label}</dt>
      <dd title={formatExact(value)}>
        {formatCount(value)} {note !== undefined && value > 0 && <span>({note})</span>}
      </dd>
    </div>
  );
}
