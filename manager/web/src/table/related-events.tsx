// What else belongs to the same flow, so that one row leads to the whole story.
import { useQueries } from '@tanstack/react-query';
import { Link } from 'wouter';
import { api } from '../api/client.ts';
import type { ListName, RowOf } from '../api/contract.ts';
import { Badge } from '../controls/badge.tsx';
import { parseTime } from '../format/time.ts';
import { rangeParams } from '../url/time-range.ts';
import { useUrlState } from '../url/url-state.ts';
import { rowSummary } from './row-summary.ts';

type EventList = Exclude<ListName, 'devices'>;
const EVENT_LISTS: readonly EventList[] = ['alerts', 'anomalies', 'flows', 'dns', 'tls', 'http'];
/** A flow's events lie near each other; a day on either side holds even a long one. */
const AROUND_MS = 86_400_000;
const SHOWN = 5;

/** What every event row has that leads to its flow. */
export interface DetailsRow {
  readonly id: string;
  readonly time: string;
  readonly flow_id: number | null;
}

interface RelatedEventsProps {
  readonly row: DetailsRow;
  readonly flowId: number;
}

export function RelatedEvents({ row, flowId }: RelatedEventsProps) {
  const url = useUrlState();
  const ms = parseTime(row.time);
  const around = { kind: 'fixed', sinceMs: ms - AROUND_MS, untilMs: ms + AROUND_MS } as const;
  const query = {
    flow_id: String(flowId),
    since: new Date(around.sinceMs).toISOString(),
    until: new Date(around.untilMs).toISOString(),
    limit: String(SHOWN),
  };
  const answers = useQueries({
    queries: EVENT_LISTS.map((list) => ({
      queryKey: ['related', list, query],
      queryFn: async ({ signal }: { signal: AbortSignal }) => ({
        list,
        items: (await api.list(list, query, { signal })).items as RowOf<EventList>[],
      }),
      staleTime: 30_000,
    })),
  });
  const found = answers.flatMap((answer) =>
    (answer.data?.items ?? [])
      .filter((item) => item.id !== row.id)
      .map((item) => ({ list: answer.data?.list ?? 'flows', item })),
  );
  if (answers.some((answer) => answer.isPending)) {
    return <p className="related muted">Looking for the rest of this flow …</p>;
  }
  return (
    <section className="related" aria-label="In the same flow">
      <h2>In the same flow</h2>
      {found.length === 0 && <p className="muted">Nothing else was seen in it.</p>}
      <ul>
        {found.map(({ list, item }) => (
          <li key={`${list} ${item.id}`}>
            <Link
              href={url.page(`/${list}`, { ...rangeParams(around), flow_id: String(flowId) })}
              className="filter-link"
            >
              <Badge tone={list === 'alerts' ? 'danger' : 'plain'}>{list}</Badge>
              <span>{rowSummary(list, item)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
