// Why analysis told a finding: its parts with figure and expectation, and what a person says of it.
import { useSetStatus } from '../api/analysis.ts';
import type { AnomalyRow } from '../api/contract.ts';
import { kindText, useSilence } from '../api/notifications.ts';

const ANSWERS = [
  ['acknowledged', 'Acknowledge'],
  ['normal', 'This is normal'],
  ['open', 'Open again'],
] as const;

const SILENCES = [
  [60, 'an hour'],
  [60 * 24, 'a day'],
  [60 * 24 * 7, 'a week'],
] as const;

type FindingRow = Pick<AnomalyRow, 'id' | 'score' | 'parts' | 'status' | 'event' | 'src_ip'>;

const byPoints = (a: { readonly points: number }, b: { readonly points: number }): number =>
  b.points - a.points;

/** A row of anomalies that analysis made: it has reasons. */
export function isFinding(row: object): row is FindingRow {
  return 'parts' in row && Array.isArray(row.parts);
}

export function FindingReasons({ row }: { readonly row: FindingRow }) {
  const setStatus = useSetStatus(row.id);
  return (
    <section className="reasons" aria-label="Reasons">
      <h3>Why: {row.score} of 100</h3>
      <table>
        <thead>
          <tr>
            <th scope="col">Reason</th>
            <th scope="col">Points</th>
            <th scope="col">Seen</th>
            <th scope="col">Expected</th>
          </tr>
        </thead>
        <tbody>
          {row.parts?.toSorted(byPoints).map((part) => (
            <tr key={part.name} className={part.points === 0 ? 'muted' : undefined}>
              <td>{part.name}</td>
              <td>{part.points}</td>
              <td>{part.figure}</td>
              <td>{part.expected}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="reasons-actions">
        {ANSWERS.filter(([status]) => status !== row.status).map(([status, label]) => (
          <button
            key={status}
            type="button"
            className="button small"
            disabled={setStatus.isPending}
            onClick={() => setStatus.mutate(status)}
          >
            {label}
          </button>
        ))}
      </p>
      {setStatus.error !== null && <p role="alert">{setStatus.error.message}</p>}
      <SilenceLine row={row} />
    </section>
  );
}

/** Tells nobody of such findings of this device for a while; they are listed all the same. */
function SilenceLine({ row }: { readonly row: FindingRow }) {
  const silence = useSilence();
  const { event, src_ip } = row;
  if (src_ip === null) return null;
  if (silence.data !== undefined) {
    return (
      <p role="status">
        Nobody is told of {kindText(event)} of {src_ip} now.
      </p>
    );
  }
  return (
    <p className="reasons-actions">
      <span className="muted">Do not notify for</span>
      {SILENCES.map(([minutes, label]) => (
        <button
          key={minutes}
          type="button"
          className="button small"
          disabled={silence.isPending}
          onClick={() => silence.mutate({ kind: event, subject: src_ip, minutes, reason: '' })}
        >
          {label}
        </button>
      ))}
      {silence.error !== null && <span role="alert">{silence.error.message}</span>}
    </p>
  );
}
