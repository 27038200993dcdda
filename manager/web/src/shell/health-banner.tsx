// Says what is not well with Netmoth itself, from /api/v1/health. Invariant: silent only when the
// manager says that all is well.
import type { Health } from '../api/contract.ts';
import { useHealth } from '../api/queries.ts';
import { Icon } from './icon.tsx';

/** The one line per part that is not ok. */
export function troubles(health: Health): readonly string[] {
  return health.parts
    .filter((part) => part.status !== 'ok')
    .map((part) => {
      const restarts =
        part.restarts === undefined || part.restarts === 0 ? '' : restartsText(part.restarts);
      return `${part.name}: ${part.message}${restarts}`;
    });
}

function restartsText(restarts: number): string {
  return ` (restarted ${restarts === 1 ? 'once' : `${restarts} times`})`;
}

export function HealthBanner() {
  const health = useHealth();
  if (health.data === undefined && health.error === null) return null;
  if (health.error !== null) {
    return (
      <div className="banner down" role="alert">
        <Icon name="alerts" />
        <p>
          <strong>The manager cannot be reached.</strong> What you see may be old; trying again
          every ten seconds.
        </p>
      </div>
    );
  }
  if (health.data === undefined || health.data.status === 'ok') return null;
  const lines = troubles(health.data);
  return (
    <div className={`banner ${health.data.status}`} role="status">
      <Icon name="alerts" />
      <p>
        <strong>Netmoth is {health.data.status}.</strong> {lines.join(' · ')}
      </p>
    </div>
  );
}
