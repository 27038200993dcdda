// The graph of who talks with whom. Invariant: a relative range is asked for again by itself, so the graph is live.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { lastMs, type TimeRange } from '../url/time-range.ts';
import { call, type Query } from './client.ts';
import type { Topology } from './contract.ts';

const REFRESH_MS = 10_000;
/** A long range is read from many hours and changes slowly. */
const LONG_MS = 6 * 3_600_000;
const LONG_REFRESH_MS = 60_000;

function refreshOf(range: TimeRange): number | false {
  if (range.kind !== 'last') return false;
  return lastMs(range.last) > LONG_MS ? LONG_REFRESH_MS : REFRESH_MS;
}

export function useTopology(query: Query, range: TimeRange) {
  return useQuery({
    queryKey: ['topology', query],
    queryFn: ({ signal }) => call<Topology>('/topology', { query, signal }),
    refetchInterval: refreshOf(range),
    placeholderData: keepPreviousData,
  });
}
