// What the pages ask of the manager, as cached queries. Invariant: the key of a query holds everything
// its answer depends on; relative time ranges refresh by themselves, fixed ones never change.
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { TimeRange } from '../url/time-range.ts';
import { ApiError, api, type Query } from './client.ts';
import type { Bandwidth, EventCounts, ListName, Page, RowOf, StatsName, Top } from './contract.ts';

const REFRESH_MS = 15_000;
const HEALTH_MS = 10_000;
const PAGE_ROWS = '100';

interface StatsAnswers {
  bandwidth: Bandwidth;
  talkers: Top;
  domains: Top;
  applications: Top;
  countries: Top;
  events: EventCounts;
}

/** Not worth repeating: the answer will be the same. */
export function worthRetrying(failures: number, error: Error): boolean {
  const lasting =
    error instanceof ApiError &&
    ['NM_UNAUTHENTICATED', 'NM_FORBIDDEN', 'NM_QUERY_INVALID', 'NM_NOT_FOUND'].includes(error.code);
  return !lasting && failures < 2;
}

const refreshOf = (range: TimeRange) => (range.kind === 'last' ? REFRESH_MS : false);

export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => api.session({ signal }),
    staleTime: 60_000,
  });
}

export function useHealth() {
  return useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => api.health({ signal }),
    refetchInterval: HEALTH_MS,
    retry: false,
  });
}

export function useSensors() {
  return useQuery({
    queryKey: ['sensors'],
    queryFn: ({ signal }) => api.sensors({ signal }),
    refetchInterval: HEALTH_MS,
  });
}

export function useTokens() {
  return useQuery({ queryKey: ['tokens'], queryFn: () => api.tokens() });
}

export function useStats<N extends StatsName>(name: N, query: Query, range: TimeRange) {
  return useQuery({
    queryKey: ['stats', name, query],
    queryFn: ({ signal }) => api.stats<StatsAnswers[N]>(name, query, { signal }),
    refetchInterval: refreshOf(range),
    placeholderData: keepPreviousData,
  });
}

const EMPTY_REFRESH_MS = 5_000;

/** A list, newest first, a page at a time; an empty one looks again by itself. */
export function useList<N extends ListName>(name: N, query: Query) {
  return useInfiniteQuery({
    queryKey: ['list', name, query],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }): Promise<Page<RowOf<N>>> => {
      const cursor: Query = pageParam === '' ? {} : { cursor: pageParam };
      return api.list(name, { limit: PAGE_ROWS, ...query, ...cursor }, { signal });
    },
    getNextPageParam: (last) => last.next ?? undefined,
    refetchInterval: ({ state }) =>
      'last' in query && state.data?.pages.every(({ items }) => items.length === 0) === true
        ? EMPTY_REFRESH_MS
        : false,
  });
}

/** The newest few of a list, refreshed like a statistic. */
export function useLatest<N extends ListName>(name: N, query: Query, range: TimeRange) {
  return useQuery({
    queryKey: ['latest', name, query],
    queryFn: ({ signal }) => api.list(name, query, { signal }),
    refetchInterval: refreshOf(range),
    placeholderData: keepPreviousData,
  });
}
