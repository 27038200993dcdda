/**
 * What analysis knows of a device, for people.
 *
 * What is usual is remembered as hashes (usual.ts), so names are found by trying those the device is known to have
 * had to do with: each candidate that the set has is told. A name that nobody remembers any more is not told.
 *
 * Invariant: pure; what is not finite never gets out.
 */
import {
  type DeviceProfile,
  HOURS_OF_WEEK,
  MAX_PROFILE_ROWS,
  PROFILE_DAYS,
} from '#contracts/rest-profile.ts';
import { networkOf, registeredOf } from './destinations.ts';
import type { DeviceState } from './device-state.ts';
import { figureOf, forecast, hourOfWeek, type Season } from './seasons.ts';
import type { UsualSet } from './usual.ts';

/** Below it lie the ports of services; above, those that clients choose (judge.ts teaches no others). */
const kServicePorts = 32_768;
const HOUR_MS = 3_600_000;
const PROTOCOLS = ['TCP', 'UDP'] as const;

export interface Weighed {
  readonly name: string;
  readonly bytes: number;
}

export interface HourSums {
  /** Of the hour of the week, over all days. */
  readonly hour: number;
  readonly bytes_sent: number;
  readonly bytes_received: number;
  readonly flows: number;
}

/** What the device had to do with, by the rollups. */
export interface Candidates {
  readonly domains: readonly Weighed[];
  readonly peers: readonly Weighed[];
  readonly applications: readonly string[];
  readonly countries: readonly string[];
}

export interface WatchedSpan {
  readonly sums: readonly HourSums[];
  readonly sinceMs: number;
  readonly untilMs: number;
}

type Usual = Pick<
  DeviceProfile,
  'contacts' | 'destinations' | 'services' | 'applications' | 'countries'
>;
type Week = DeviceProfile['week'];

/** Mean amounts by hour of the week beside what is expected. */
export function weekOf(state: DeviceState | undefined, span: WatchedSpan): Week {
  const times = new Array<number>(HOURS_OF_WEEK).fill(0);
  const last = Math.floor(span.untilMs / HOUR_MS);
  for (let hour = Math.floor(span.sinceMs / HOUR_MS); hour < last; hour += 1) {
    const at = hourOfWeek(hour);
    times[at] = (times[at] ?? 0) + 1;
  }
  const sums = new Map(span.sums.map((each) => [each.hour, each]));
  return times.map((watched, at) => {
    const sum = sums.get(at);
    const mean = (of: number | undefined): number => (of ?? 0) / watched;
    return {
      seen:
        watched === 0
          ? null
          : {
              bytes_sent: mean(sum?.bytes_sent),
              bytes_received: mean(sum?.bytes_received),
              flows: mean(sum?.flows),
            },
      expected: state === undefined ? null : expectedAt(state, at),
    };
  });
}

/** The forecast for that hour of the week next after the last judged one. */
function expectedAt({ seasons, lastHour }: DeviceState, at: number): Week[number]['expected'] {
  if (!Number.isFinite(seasons.flows.level)) return null;
  const next = lastHour + 1;
  const hour = next + ((at - hourOfWeek(next) + HOURS_OF_WEEK) % HOURS_OF_WEEK);
  const figure = (season: Season): number => {
    const value = figureOf(forecast(season, hour).expected);
    return Number.isFinite(value) ? Math.round(value) : 0;
  };
  return {
    bytes_sent: figure(seasons.bytesOut),
    bytes_received: figure(seasons.bytesIn),
    flows: figure(seasons.flows),
  };
}

export function usualOf(state: DeviceState, candidates: Candidates, nowHour: number): Usual {
  const among = (set: UsualSet, names: Iterable<string>) => heaviest(known(set, names, nowHour));
  const services = among(state.services, everyService());
  const { destinations } = state;
  const byDomain = summed(candidates.domains, registeredOf);
  const byNetwork = summed(candidates.peers, networkOf);
  const told = (names: Iterable<string>, kind: DeviceProfile['destinations'][number]['kind']) =>
    known(destinations, names, nowHour).map((each) => ({ ...each, kind }));
  return {
    contacts: Math.round(state.peers.count()),
    services,
    applications: among(state.applications, candidates.applications),
    countries: among(state.countries, candidates.countries),
    destinations: heaviest([
      ...told(byDomain.keys(), 'domain').map((each) => ({
        ...each,
        bytes: byDomain.get(each.name) ?? null,
      })),
      ...told(everyWithin(services, candidates.peers), 'service').map((each) => ({
        ...each,
        bytes: null,
      })),
      ...told(byNetwork.keys(), 'network').map((each) => ({
        ...each,
        name: shownNetwork(each.name),
        bytes: byNetwork.get(each.name) ?? null,
      })),
    ]),
  };
}

function* everyService(): Generator<string> {
  for (const protocol of PROTOCOLS) {
    for (let port = 0; port < kServicePorts; port += 1) yield `${protocol}/${port}`;
  }
}

function* everyWithin(
  services: readonly { readonly name: string }[],
  peers: readonly Weighed[],
): Generator<string> {
  for (const service of services) {
    for (const peer of peers) yield `${service.name}/${peer.name}`;
  }
}

function known(set: UsualSet, names: Iterable<string>, hour: number) {
  const found = new Map<string, number>();
  for (const name of names) if (set.has(name, hour)) found.set(name, set.weight(name, hour));
  return [...found].map(([name, weight]) => ({ name, weight }));
}

function heaviest<Row extends { readonly name: string; readonly weight: number }>(
  rows: readonly Row[],
): Row[] {
  return rows
    .toSorted((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_PROFILE_ROWS)
    .map((row) => ({ ...row, weight: Math.round(row.weight * 100) / 100 }));
}

function summed(rows: readonly Weighed[], keyOf: (name: string) => string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { name, bytes } of rows) {
    const key = keyOf(name);
    sums.set(key, (sums.get(key) ?? 0) + bytes);
  }
  return sums;
}

/** As destinations.ts cuts it: 24 bits of version 4, 48 of version 6. */
function shownNetwork(key: string): string {
  return key.includes(':') ? `${key}::/48` : `${key}.0/24`;
}

/** The newest PROFILE_DAYS until it was last seen, whole hours. */
export function spanOf(firstSeenMs: number, lastSeenMs: number) {
  const untilMs = (Math.floor(lastSeenMs / HOUR_MS) + 1) * HOUR_MS;
  const sinceMs = Math.max(
    Math.floor(firstSeenMs / HOUR_MS) * HOUR_MS,
    untilMs - PROFILE_DAYS * 24 * HOUR_MS,
  );
  return { sinceMs, untilMs };
}
