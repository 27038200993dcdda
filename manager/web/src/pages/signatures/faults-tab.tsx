// What is wrong with the rules of a set's newest version, with the place in its file.
import type { SignatureFaultRow, SignatureSetDetail } from '../../api/contract.ts';
import { useFaults } from '../../api/signatures.ts';
import { Badge } from '../../controls/badge.tsx';
import { EmptyState } from '../../states/empty-state.tsx';
import { ErrorState } from '../../states/error-state.tsx';
import { Skeleton } from '../../states/skeleton.tsx';
import { LoadMore } from '../../table/load-more.tsx';

export function FaultsTab({ set }: { readonly set: SignatureSetDetail }) {
  const pages = useFaults(set.name, {});
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  if (pages.isPending) return <div className="panel">{<Skeleton />}</div>;
  if (pages.error !== null && rows.length === 0) {
    return (
      <div className="panel">
        <ErrorState error={pages.error} onRetry={() => void pages.refetch()} />
      </div>
    );
  }
  if (rows.length === 0) {
    return (
      <div className="panel">
        <EmptyState title={set.newest === null ? 'Nothing is compiled yet' : 'No faults'}>
          {set.newest === null
            ? 'Faults are found when the set is compiled.'
            : `Every rule of version ${set.newest.number} loads.`}
        </EmptyState>
      </div>
    );
  }
  return (
    <div className="panel">
      <ol className="signature-faults">
        {rows.map((fault) => (
          <FaultLine
            key={`${fault.file}:${fault.line}:${fault.column} ${fault.code}`}
            fault={fault}
          />
        ))}
      </ol>
      <LoadMore shown={rows.length} pages={pages} />
    </div>
  );
}

function FaultLine({ fault }: { readonly fault: SignatureFaultRow }) {
  return (
    <li>
      <Badge tone={fault.severity === 'error' ? 'danger' : 'warn'}>{fault.severity}</Badge>
      <span className="grow">
        <span className="mono">
          {fault.file}:{fault.line}:{fault.column}
        </span>{' '}
        {fault.message} <span className="muted mono">{fault.code}</span>
      </span>
    </li>
  );
}
