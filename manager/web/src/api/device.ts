// One device: its row with all that says who it is, and what is usual for it.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call, type Query } from './client.ts';
import type { DeviceDetail, DeviceProfile } from './contract.ts';

const REFRESH_MS = 15_000;
const PROFILE_MS = 60_000;

export const devicePath = (ip: string): string => `/devices/${encodeURIComponent(ip)}`;

/** With its traffic in the range of `query`. */
export function useDevice(ip: string, query: Query) {
  return useQuery({
    queryKey: ['device', ip, query],
    queryFn: ({ signal }) => call<DeviceDetail>(devicePath(ip), { query, signal }),
    refetchInterval: 'last' in query ? REFRESH_MS : false,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

export function useProfile(ip: string) {
  return useQuery({
    queryKey: ['profile', ip],
    queryFn: ({ signal }) => call<DeviceProfile>(`${devicePath(ip)}/profile`, { signal }),
    refetchInterval: PROFILE_MS,
    retry: false,
  });
}
