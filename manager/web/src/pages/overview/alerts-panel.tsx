// The newest alerts.
import { Link } from 'wouter';
import { useLatest } from '../../api/queries.ts';
import { EmptyState } from '../../states/empty-state.tsx';
import { ErrorState } from '../../states/error-state.tsx';
import { Skeleton } from '../../states/skeleton.tsx';
import { SeverityBadge, TimeText } from '../../table/cells.tsx';
import { rangeQuery } from '../../url/time-range.ts';
import { useUrlState } from '../../url/url-state.ts';

export function AlertsPanel() {
  const url = useUrlState();
  const alerts = useLatest('alerts', { ...rangeQuery(url.range), limit: '7' }, url.range);
  return (
    <section className="panel" aria-label="Recent alerts">
      <div className="panel-head">
        <h2>Recent alerts</h2>
        <Link className="link" href={url.page('/alerts')}>
          All alerts
        </Link>
      </div>
      {alerts.isPending && <Skeleton lines={4} />}
      {alerts.error !== null && alerts.data === undefined && (
        <ErrorState error={alerts.error} onRetry={() => void alerts.refetch()} />
      )}
      {alerts.data?.items.length === 0 && (
        <EmptyState compact title="No alerts in this time range">
          No loaded signature matched.
        </EmptyState>
      )}
      <ul className="rows">
        {alerts.data?.items.map((alert) => (
          <li key={alert.id}>
            <SeverityBadge severity={alert.severity} />
            <Link
              className="grow filter-link"
              href={url.page('/alerts', { signature_id: String(alert.signature_id) })}
            >
              {alert.signature}
            </Link>
            <span className="muted">
              <TimeText value={alert.time} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
