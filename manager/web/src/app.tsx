// Which page an address shows. Invariant: nothing but the login is rendered without a session, and each
// page is a chunk of its own.
import { lazy, Suspense } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { ApiError } from './api/client.ts';
import { useSession } from './api/queries.ts';
import { Login } from './pages/login.tsx';
import { NotFound } from './pages/not-found.tsx';
import { Shell } from './shell/shell.tsx';
import { ErrorState } from './states/error-state.tsx';
import { PageBoundary } from './states/page-boundary.tsx';
import { Skeleton } from './states/skeleton.tsx';

const PAGES = [
  ['/', lazy(() => import('./pages/overview/overview.tsx'))],
  ['/flows', lazy(() => import('./pages/flows.tsx'))],
  ['/dns', lazy(() => import('./pages/dns.tsx'))],
  ['/tls', lazy(() => import('./pages/tls.tsx'))],
  ['/http', lazy(() => import('./pages/http.tsx'))],
  ['/alerts', lazy(() => import('./pages/alerts.tsx'))],
  ['/anomalies', lazy(() => import('./pages/anomalies.tsx'))],
  ['/beacons', lazy(() => import('./pages/beacons.tsx'))],
  ['/privacy', lazy(() => import('./pages/privacy.tsx'))],
  ['/devices', lazy(() => import('./pages/devices.tsx'))],
  ['/device', lazy(() => import('./pages/device.tsx'))],
  ['/topology', lazy(() => import('./pages/topology.tsx'))],
  ['/sensors', lazy(() => import('./pages/sensors.tsx'))],
  ['/signatures', lazy(() => import('./pages/signatures/signatures.tsx'))],
  ['/signature', lazy(() => import('./pages/signatures/signature-set.tsx'))],
  ['/notifications', lazy(() => import('./pages/notifications/notifications.tsx'))],
  ['/live', lazy(() => import('./pages/live.tsx'))],
  ['/settings', lazy(() => import('./pages/settings/settings.tsx'))],
] as const;

export function App() {
  const session = useSession();
  const [path] = useLocation();
  const ended = session.error instanceof ApiError && session.error.code === 'NM_UNAUTHENTICATED';
  if (ended) return <Login />;
  if (session.data !== undefined) {
    return (
      <Shell>
        <PageBoundary key={path}>
          <Suspense fallback={<Skeleton lines={12} />}>
            <Switch>
              {PAGES.map(([pattern, Page]) => (
                <Route key={pattern} path={pattern} component={Page} />
              ))}
              <Route component={NotFound} />
            </Switch>
          </Suspense>
        </PageBoundary>
      </Shell>
    );
  }
  if (session.isPending) return null;
  return (
    <main className="centered">
      <ErrorState error={session.error} onRetry={() => void session.refetch()} />
    </main>
  );
}
