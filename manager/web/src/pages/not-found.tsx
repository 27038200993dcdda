// An address that no page has.
import { Link } from 'wouter';
import { PageHead } from '../shell/page-head.tsx';
import { EmptyState } from '../states/empty-state.tsx';

export function NotFound() {
  return (
    <div className="page">
      <PageHead title="Not found" timed={false} />
      <EmptyState
        title="There is no such page"
        actions={
          <Link className="button" href="/">
            Go to the overview
          </Link>
        }
      >
        The address may be mistyped, or from another version.
      </EmptyState>
    </div>
  );
}
