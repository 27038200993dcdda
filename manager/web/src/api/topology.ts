// The graph of who talks with whom. Invariant: a relative range is asked for again by itself, so the graph is live.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { TimeRange } from '../url/time-range.ts';
import { call, type Query } from './client.ts';
import type { Topology } from './contract.ts';

const REFRESH_MS = 10_000;

export function useTopology(query: Query, range: TimeRange) {
  return useQuery({
    queryKey: ['topology', query],
    queryFn: ({ signal }) => call<Topology>('/topology', { query, signal }),
    refetchInterval: range.kind === 'last' ? REFRESH_MS : false,
    placeholderData: keepPreviousData,
  });
}
