// What the API server is given. Invariant: the server constructs none of these and reads no
// environment; main.ts does, tests pass real ones of their own.
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { TrackerBook } from '../analysis/privacy/tracker-book.ts';
import type { GeoFile } from '../enrich/geo-file.ts';
import type { ReverseNames } from '../enrich/reverse-names.ts';
import type { StorePool } from '../store/pool.ts';
import type { FileTrouble } from './health.ts';

export interface Places {
  readonly countries: Pick<GeoFile, 'placeOf'> | undefined;
  readonly asns: Pick<GeoFile, 'placeOf'> | undefined;
}

/** Milliseconds since the epoch. */
export type Clock = () => number;

export interface ApiConfig {
  /** Folder of the built dashboard; absent or missing: only the API is served. */
  readonly webRoot?: string;
  /** Behind a reverse proxy whose X-Forwarded-* headers are to be believed. */
  readonly trustProxy: boolean;
  /** Send the session cookie over HTTPS only. */
  readonly cookieSecure: boolean;
  /** /metrics needs no account from anywhere; without it only from loopback, and with trustProxy from nowhere. */
  readonly metricsOpen?: boolean;
  /** Requests of /api/v1 per address and minute; of files five times as many. */
  readonly requestsPerMinute?: number;
  /** WebSocket clients at once. */
  readonly liveClients?: number;
  /** How often a WebSocket client is asked whether it is there, and its session whether it still holds. */
  readonly livePingMs?: number;
  /** Sets of signatures are kept here; otherwise the operator says what sensors match with. */
  readonly ownsSignatures?: boolean;
  /** Hours that analysis learns before it judges what is unusual; a week where absent. */
  readonly learningHours?: number;
  /** MaxMind database that rules with `geoip` are compiled with. */
  readonly geoipFile?: string;
  /** Of the buckets that are made on the bus for signatures; 1 where absent. */
  readonly busReplicas?: number;
}

export interface ApiDeps {
  /** A pool of its own with a statement timeout, so that no query here holds up ingest. */
  readonly pool: StorePool;
  /** null: no bus; the live feed and the sensor list say so. */
  readonly nats: NatsConnection | null;
  readonly config: ApiConfig;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly clock: Clock;
  /** For the privacy report; without it the trackers that ship with us. */
  readonly trackers?: TrackerBook;
  /** Names by reverse DNS; absent: nobody is asked. */
  readonly names?: Pick<ReverseNames, 'nameOf'> | undefined;
  /** Where addresses are, for GET /addresses/{ip}. */
  readonly places?: Places;
  /** Files that the user gave and that are not in use as they are now. */
  readonly files?: () => readonly FileTrouble[];
  readonly version: string;
  /** supervisor.json of `netmoth up`. */
  readonly supervisorStateFile?: string;
}
