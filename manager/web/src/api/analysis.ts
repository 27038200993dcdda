// What the pages of analysis ask and change. Invariant: what is said of a finding makes the lists be asked again.
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import type { TimeRange } from '../url/time-range.ts';
import { call, type Query } from './client.ts';
import type { BeaconRow, Page, PrivacyPage } from './contract.ts';

const REFRESH_MS = 30_000;
const PAGE_ROWS = '100';

export type FindingStatus = 'open' | 'acknowledged' | 'normal';

export function useBeacons(query: Query) {
  return useInfiniteQuery({
    queryKey: ['beacons', query],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const cursor: Query = pageParam === '' ? {} : { cursor: pageParam };
      return call<Page<BeaconRow>>('/beacons', {
        query: { limit: PAGE_ROWS, ...query, ...cursor },
        signal,
      });
    },
    getNextPageParam: (last) => last.next ?? undefined,
  });
}

export function usePrivacy(query: Query, range: TimeRange) {
  return useInfiniteQuery({
    queryKey: ['privacy', query],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const cursor: Query = pageParam === '' ? {} : { cursor: pageParam };
      return call<PrivacyPage>('/privacy', {
        query: { limit: PAGE_ROWS, ...query, ...cursor },
        signal,
      });
    },
    getNextPageParam: (last) => last.next ?? undefined,
    refetchInterval: range.kind === 'last' ? REFRESH_MS : false,
    placeholderData: keepPreviousData,
  });
}

export function useSetStatus(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (status: FindingStatus) =>
      call<void>(`/anomalies/${encodeURIComponent(id)}/status`, {
        method: 'PUT',
        body: { status },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['list', 'anomalies'] }),
  });
}
