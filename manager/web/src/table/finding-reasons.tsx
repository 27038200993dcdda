// Why analysis told a finding: its parts with figure and expectation, and what a person says of it.
import { useSetStatus } from '../api/analysis.ts';
import type { AnomalyRow } from '../api/contract.ts';

const ANSWERS = [
  ['acknowledged', 'Acknowledge'],
  ['normal', 'This is normal'],
  ['open', 'Open again'],
] as const;

type FindingRow = Pick<AnomalyRow, 'id' | 'score' | 'parts' | 'status'>;

/** A row of anomalies that analysis made: it has reasons. */
export function isFinding(row: object): row is FindingRow {
  return 'parts' in row && Array.isArray(row.parts);
}

export function FindingReasons({ row }: { readonly row: FindingRow }) {
  const setStatus = useSetStatus(row.id);
  return (
    <section aria-label="Reasons">
      <h3>Why: {row.score} of 100</h3>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Reason</th>
            <th scope="col">Points</th>
            <th scope="col">Seen</th>
            <th scope="col">Expected</th>
          </tr>
        </thead>
        <tbody>
          {row.parts?.map((part) => (
            <tr key={part.name}>
              <td>{part.name}</td>
              <td>{part.points}</td>
              <td>{part.figure}</td>
              <td>{part.expected}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="field-actions">
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
    </section>
  );
}
