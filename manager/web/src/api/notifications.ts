// Channels and silences. Invariant: what is changed makes its list be asked again.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import {
  type Channel,
  type ChannelRequest,
  FINDING_KINDS,
  type Silence,
  type SilenceRequest,
  type Threshold,
  type ThresholdRequest,
} from './contract.ts';

const REFRESH_MS = 10_000;
const CHANNELS = '/notifications/channels';
const SILENCES = '/notifications/silences';
const THRESHOLDS = '/anomalies/thresholds';
/** What can be told: findings, and alerts of signatures. */
export const TOLD_KINDS = ['signature', ...FINDING_KINDS] as const;

export const kindText = (kind: string): string => kind.replaceAll('_', ' ');

const pathOf = (root: string, name: string): string => `${root}/${encodeURIComponent(name)}`;

export function useChannels() {
  return useQuery({
    queryKey: ['channels'],
    queryFn: ({ signal }) => call<{ items: Channel[] }>(CHANNELS, { signal }),
    refetchInterval: REFRESH_MS,
  });
}

export function useSilences() {
  return useQuery({
    queryKey: ['silences'],
    queryFn: ({ signal }) => call<{ items: Silence[] }>(SILENCES, { signal }),
    refetchInterval: REFRESH_MS,
  });
}

export function useThresholds() {
  return useQuery({
    queryKey: ['thresholds'],
    queryFn: ({ signal }) => call<{ items: Threshold[] }>(THRESHOLDS, { signal }),
  });
}

function useChange<Input>(queryKey: string, work: (input: Input) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: work,
    onSuccess: () => client.invalidateQueries({ queryKey: [queryKey] }),
  });
}

export interface NamedChannel {
  readonly name: string;
  readonly body: Partial<ChannelRequest>;
}

export const usePutChannel = () =>
  useChange('channels', ({ name, body }: NamedChannel) =>
    call<void>(pathOf(CHANNELS, name), { method: 'PUT', body }),
  );

export const useDeleteChannel = () =>
  useChange('channels', (name: string) => call<void>(pathOf(CHANNELS, name), { method: 'DELETE' }));

export const useTestChannel = () =>
  useMutation({
    mutationFn: (name: string) =>
      call<{ ok: boolean; message: string }>(`${pathOf(CHANNELS, name)}/test`, { method: 'POST' }),
  });

export const useSilence = () =>
  useChange('silences', (body: SilenceRequest) =>
    call<Silence>(SILENCES, { method: 'POST', body }),
  );

export const useEndSilence = () =>
  useChange('silences', (id: string) => call<void>(pathOf(SILENCES, id), { method: 'DELETE' }));

export const usePutThreshold = () =>
  useChange('thresholds', (body: ThresholdRequest) =>
    call<void>(THRESHOLDS, { method: 'PUT', body }),
  );

export const useDeleteThreshold = () =>
  useChange('thresholds', (id: string) => call<void>(pathOf(THRESHOLDS, id), { method: 'DELETE' }));
