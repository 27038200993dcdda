// What to show where data should be but an error came. Says what, and offers to try again.
import { ApiError } from '../api/client.ts';
import { Icon } from '../shell/icon.tsx';

interface ErrorStateProps {
  readonly error: Error;
  readonly onRetry: () => void;
}

export function ErrorState({ error, onRetry }: ErrorStateProps) {
  const details = error instanceof ApiError ? error.details : [];
  return (
    <div className="state error" role="alert">
      <Icon name="alerts" size={28} />
      <h2>{error.message}</h2>
      {details.length > 0 && (
        <ul className="muted">
          {details.map((detail) => (
            <li key={detail.path}>
              <span className="mono">{detail.path}</span>: {detail.message}
            </li>
          ))}
        </ul>
      )}
      {error instanceof ApiError && <p className="mono">{error.code}</p>}
      <div className="actions">
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      </div>
    </div>
  );
}
