// Where a range holds nothing although events are stored (a replayed old capture, a quiet sensor):
// the way to the newest of them. Invariant: asks the manager, and shows nothing where nothing is stored.
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { api } from '../api/client.ts';
import type { ListName } from '../api/contract.ts';
import { formatTime, parseTime } from '../format/time.ts';
import { rangeParams } from '../url/time-range.ts';
import { useUrlState } from '../url/url-state.ts';

type EventList = Exclude<ListName, 'devices'>;
const AROUND_MS = 30 * 60_000;

export function JumpToNewest({ list }: { readonly list: EventList }) {
  const url = useUrlState();
  const newest = useQuery({
    queryKey: ['newest', list],
    queryFn: ({ signal }) => {
      const until = new Date(Date.now() + 86_400_000).toISOString();
      return api.list(list, { since: '1970-01-02T00:00:00Z', until, limit: '1' }, { signal });
    },
  });
  const row = newest.data?.items[0];
  if (row === undefined) return null;
  const ms = parseTime(row.time);
  const around = rangeParams({ kind: 'fixed', sinceMs: ms - AROUND_MS, untilMs: ms + AROUND_MS });
  return (
    <Link className="button" href={url.here(around)}>
      Go to the newest, {formatTime(row.time, Date.now())}
    </Link>
  );
}
