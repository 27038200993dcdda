// A list as it lives: loads pages, opens details, says when there is nothing. Invariant: rows come from
// the manager page by page with its own cursor; nothing is sorted or filtered here.
import { useCallback, useState } from 'react';
import type { Query } from '../api/client.ts';
import type { ListName, RowOf } from '../api/contract.ts';
import { useList } from '../api/queries.ts';
import { EmptyState } from '../states/empty-state.tsx';
import { ErrorState } from '../states/error-state.tsx';
import { JumpToNewest } from '../states/jump-to-newest.tsx';
import { Skeleton } from '../states/skeleton.tsx';
import type { Column } from './column.ts';
import { EventTable } from './event-table.tsx';
import { ListContext } from './list-context.ts';
import { LoadMore } from './load-more.tsx';
import { RowDetails } from './row-details.tsx';

export type EventListName = Exclude<ListName, 'devices'>;

export interface EventListProps<N extends EventListName> {
  readonly list: N;
  readonly query: Query;
  readonly columns: readonly Column<RowOf<N>>[];
  /** "flow", for the title of its details. */
  readonly one: string;
  readonly filtered: boolean;
  /** What to say where there are none although nothing is filtered. */
  readonly emptyHint: string;
}

export function EventList<N extends EventListName>(props: EventListProps<N>) {
  const { list, query, columns, one, filtered, emptyHint } = props;
  const pages = useList(list, query);
  const rows = pages.data?.pages.flatMap((page) => page.items as RowOf<N>[]) ?? [];
  const [selected, setSelected] = useState<string | null>(null);
  const index = rows.findIndex((row) => row.id === selected);
  const open = rows[index];

  const close = useCallback(() => {
    setSelected(null);
    if (selected !== null) focusRow(selected);
  }, [selected]);
  const step = useCallback(
    (by: 1 | -1) => {
      const next = rows[index + by];
      if (next === undefined) return;
      setSelected(next.id);
      document
        .querySelector(`[data-row="${CSS.escape(next.id)}"]`)
        ?.scrollIntoView({ block: 'nearest' });
    },
    [rows, index],
  );

  if (pages.isPending) return <div className="panel">{<Skeleton lines={14} />}</div>;
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
        <EmptyState
          title={filtered ? `No ${list} match these filters` : `No ${list} in this time range`}
          actions={<JumpToNewest list={list} />}
        >
          {filtered ? 'Remove a filter or choose a longer time range.' : emptyHint}
        </EmptyState>
      </div>
    );
  }
  return (
    <ListContext value={list}>
      <div className="list-layout" data-details={open !== undefined}>
        <div className="panel">
          <EventTable
            label={list}
            columns={columns}
            rows={rows}
            keyOf={(row) => row.id}
            selected={selected}
            onOpen={(row) => setSelected(row.id)}
          />
          <LoadMore shown={rows.length} pages={pages} />
        </div>
        {open !== undefined && (
          <RowDetails title={`Details of this ${one}`} row={open} onClose={close} onStep={step} />
        )}
      </div>
    </ListContext>
  );
}

function focusRow(id: string): void {
  document.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"] .row-open`)?.focus();
}
