// What the pages of analysis ask and change. Invariant: what is said of a finding makes the lists be asked again.
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useEffect } from 'react';
import type { TimeRange } from '../url/time-range.ts';
import { api, call, type Query } from './client.ts';
import type { BeaconRow, Page, PrivacyPage } from './contract.ts';
import { LiveSocket } from './live-socket.ts';

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
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['list', 'anomalies'] }),
        client.invalidateQueries({ queryKey: ['urgent'] }),
      ]),
  });
}

/** As notifications have it: 80 and more is critical. */
export const URGENT_SCORE = 80;
export const URGENT_SHOWN = 50;
const URGENT_LAST = '24h';
/** A moment for more of the same to come in. */
const SETTLE_MS = 300;
const URGENT_REFRESH_MS = 60_000;

/** Grave findings of a day that nobody has said anything of; new ones are told of by the live feed. */
export function useUrgentFindings() {
  const client = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const socket = new LiveSocket(
      {
        onEvents: () => {
          timer ??= setTimeout(() => {
            timer = undefined;
            void client.invalidateQueries({ queryKey: ['urgent'] });
          }, SETTLE_MS);
        },
        onState: () => undefined,
      },
      URGENT_SCORE,
    );
    socket.open();
    return () => {
      clearTimeout(timer);
      socket.close();
    };
  }, [client]);
  return useQuery({
    queryKey: ['urgent'],
    queryFn: ({ signal }) =>
      api.list(
        'anomalies',
        {
          ...{ type: 'behaviour', status: 'open', min_score: String(URGENT_SCORE) },
          ...{ last: URGENT_LAST, limit: String(URGENT_SHOWN) },
        },
        { signal },
      ),
    refetchInterval: URGENT_REFRESH_MS,
  });
}
