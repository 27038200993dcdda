// Who changed what about a set, newest first.
import { useChanges } from '../../api/signatures.ts';
import { ErrorState } from '../../states/error-state.tsx';
import { Skeleton } from '../../states/skeleton.tsx';
import { LoadMore } from '../../table/load-more.tsx';
import { Ago } from './shared.tsx';

export function HistoryTab({ set }: { readonly set: string }) {
  const pages = useChanges({ set });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="panel">
      {pages.isPending && <Skeleton />}
      {pages.error !== null && rows.length === 0 && (
        <ErrorState error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      <ol className="signature-faults">
        {rows.map((change) => (
          <li key={change.id}>
            <span className="grow">
              <strong>{change.action}</strong> {change.detail}
            </span>
            <span className="muted">
              {change.user} <Ago value={change.time} />
            </span>
          </li>
        ))}
      </ol>
      {rows.length > 0 && <LoadMore shown={rows.length} pages={pages} />}
    </div>
  );
}
