/**
 * What analysis remembers of a subject from hour to hour, and how it is stored.
 *
 * Bounds: MAX_STATE_BYTES for what is usual (a test fills a state to its bounds), the series of beacons apart
 * from it (beacon-memory.ts). Invariant: reading what was written gives the same state.
 */
import type { BeaconMemory } from './beacon-memory.ts';
import type { Series } from './detectors/beacon.ts';
import type { DnsMemory } from './detectors/dns.ts';
import { emptyScanMemory, type ScanMemory } from './detectors/scan.ts';
import { packJson, unpackJson } from './hour-codec.ts';
import { HOURS_OF_WEEK, newSeason, type Season } from './seasons.ts';
import { Distinct } from './sketch.ts';
import { UsualSet } from './usual.ts';

export const METRICS = ['bytesOut', 'bytesIn', 'flows', 'peers', 'names'] as const;
export type Metric = (typeof METRICS)[number];

export const MAX_STATE_BYTES = 8_192;
const kMaxDestinations = 224;
const kMaxServices = 64;
const kMaxSmall = 32;
const kMaxNetworks = 48;
const kMaxServers = 8;

export interface DeviceState {
  /** First hour ever, and the last one that was judged; -1 where there was none. */
  firstHour: number;
  lastHour: number;
  /** Hours taught, those of silence included. */
  taught: number;
  /** Hours in a row that were too unusual to be taught. */
  held: number;
  readonly seasons: Readonly<Record<Metric, Season>>;
  readonly destinations: UsualSet;
  readonly services: UsualSet;
  readonly applications: UsualSet;
  readonly countries: UsualSet;
  readonly ja4: UsualSet;
  /** Autonomous systems. */
  readonly networks: UsualSet;
  /** Everybody it ever talked to. */
  readonly peers: Distinct;
  scan: ScanMemory;
  dns: DnsMemory;
  dhcpServers: readonly string[];
  readonly beacons: BeaconMemory;
}

export function newState(): DeviceState {
  return {
    ...{ firstHour: -1, lastHour: -1, taught: 0, held: 0 },
    seasons: seasonsOf(newSeason),
    destinations: new UsualSet(kMaxDestinations),
    services: new UsualSet(kMaxServices),
    applications: new UsualSet(kMaxSmall),
    countries: new UsualSet(kMaxSmall),
    ja4: new UsualSet(kMaxSmall),
    networks: new UsualSet(kMaxNetworks),
    peers: new Distinct(),
    ...{ scan: emptyScanMemory(), dns: {}, dhcpServers: [], beacons: new Map() },
  };
}

/** The state of a subject that nothing is known of, but that it is not new. */
export function strangerAt(hour: number): DeviceState {
  return { ...newState(), firstHour: hour, lastHour: hour };
}

function seasonsOf(make: (metric: Metric) => Season): Record<Metric, Season> {
  return {
    ...{ bytesOut: make('bytesOut'), bytesIn: make('bytesIn'), flows: make('flows') },
    ...{ peers: make('peers'), names: make('names') },
  };
}

export interface StoredState {
  readonly state: Buffer;
  readonly beacons: Buffer;
}

export function packState(state: DeviceState): StoredState {
  const { firstHour, lastHour, taught, held, scan, dns, dhcpServers } = state;
  const row = {
    ...{ firstHour, lastHour, taught, held, scan, dns, dhcpServers },
    seasons: METRICS.map((metric) => {
      const { level, trend, deviation, seasons } = state.seasons[metric];
      const bytes = Buffer.from(seasons.buffer, seasons.byteOffset, seasons.length);
      return [
        Number.isFinite(level) ? round(level) : null,
        round(trend),
        round(deviation),
        bytes.toString('base64'),
      ] as const;
    }),
    usual: usualSets(state).map((set) => set.encode()),
    peers: state.peers.encode(),
  };
  return { state: packJson(row), beacons: packJson([...state.beacons]) };
}

type Row = Readonly<
  Pick<
    DeviceState,
    'firstHour' | 'lastHour' | 'taught' | 'held' | 'scan' | 'dns' | 'dhcpServers'
  > & {
    seasons: readonly (readonly [number | null, number, number, string])[];
    usual: readonly string[];
    peers: string;
  }
>;

/** Of what packState wrote. */
export function unpackState({
  state,
  beacons,
}: {
  state: Uint8Array;
  beacons: Uint8Array;
}): DeviceState {
  const row = unpackJson(state) as Row;
  const { firstHour, lastHour, taught, held, scan, dns, dhcpServers } = row;
  const [destinations = '', services = '', applications = '', countries = '', ...more] = row.usual;
  // States that were written before networks were known have none.
  const [ja4 = '', networks = ''] = more;
  return {
    ...{ firstHour, lastHour, taught, held, scan, dns, dhcpServers },
    seasons: seasonsOf((metric) => seasonOf(row.seasons[METRICS.indexOf(metric)])),
    destinations: UsualSet.decode(kMaxDestinations, destinations),
    services: UsualSet.decode(kMaxServices, services),
    applications: UsualSet.decode(kMaxSmall, applications),
    countries: UsualSet.decode(kMaxSmall, countries),
    ja4: UsualSet.decode(kMaxSmall, ja4),
    networks: UsualSet.decode(kMaxNetworks, networks),
    peers: Distinct.decode(row.peers),
    beacons: new Map(unpackJson(beacons) as [string, Series][]),
  };
}

function seasonOf(row: Row['seasons'][number] | undefined): Season {
  if (row === undefined) return newSeason();
  const [level, trend, deviation, bytes] = row;
  const seasons = new Int8Array(HOURS_OF_WEEK);
  seasons.set(new Int8Array(Buffer.from(bytes, 'base64')).subarray(0, HOURS_OF_WEEK));
  return { level: level ?? Number.NaN, trend, deviation, seasons };
}

function usualSets(state: DeviceState): readonly UsualSet[] {
  const { destinations, services, applications, countries, ja4, networks } = state;
  return [destinations, services, applications, countries, ja4, networks];
}

function round(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1e4) / 1e4 : 0;
}

/** Servers of DHCP that a device knows. */
export function withServers(known: readonly string[], more: readonly string[]): readonly string[] {
  return [...new Set([...known, ...more])].slice(0, kMaxServers);
}
