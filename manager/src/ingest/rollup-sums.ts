/**
 * Sums the events of one transaction by minute and key, and gives them as the arrays that upsertSql takes.
 *
 * Invariants: no sum is lost: where a rollup would get more than `maxKeys` rows, the lightest are folded
 * into one row per bucket under the key that stands for "all the rest". Bound: the events of the group,
 * times the rollups.
 */
import { type Address, inetField } from '#manager/enrich/address-book.ts';
import { BinaryRows, binaryArray, encodeField, type Instant } from '#manager/store/binary-rows.ts';
import type { FlowFacts } from './flow-facts.ts';
import { OIDS, ROLLUP_NAMES, ROLLUPS, type RollupName, type RollupTable } from './rollup-tables.ts';

interface Row {
  readonly bucketSeconds: number;
  /** Unique for the key within a bucket. */
  readonly sortKey: string;
  /** Texts, or addresses and numbers as encoded fields. */
  readonly keys: readonly (string | Uint8Array)[];
  readonly sums: number[];
}

/** Arrays of one upsert, in the order of its parameters. */
export interface RollupArrays {
  readonly rollup: RollupName;
  readonly step: 'minute' | 'hour';
  readonly rows: number;
  readonly parameters: readonly Buffer[];
}

const kMinuteSeconds = 60;
const kHourSeconds = 3600;
const REST_ADDRESS = inetField(new Uint8Array(4));
const REST_TEXT = '*';
const REST_NUMBER = encodeField((rows) => rows.int8(0));
const REST_KEYS = { inet: REST_ADDRESS, text: REST_TEXT, int8: REST_NUMBER } as const;
/** Of the pair 0.0.0.0 → 0.0.0.0; no other rollup has such a key of its own. */
const REST_SORT_KEY = '4\0\0\0\x004\0\0\0\0';

/** Sums of one rollup: bucket → key → row. Nested, so that no key text is built for each event. */
class Sums {
  readonly #buckets = new Map<number, Map<string, Map<string, Row>>>();

  /** The row of (first, second), made by `keys` when it is new. */
  row(bucketSeconds: number, first: string, second: string, make: () => Omit<Row, 'sums'>): Row {
    const bucket = getOrMake(this.#buckets, bucketSeconds, () => new Map());
    const rows = getOrMake(bucket, first, () => new Map());
    const known = rows.get(second);
    if (known !== undefined) return known;
    const row = { ...make(), sums: [0, 0, 0, 0, 0] };
    rows.set(second, row);
    return row;
  }

  *rows(): Generator<Row> {
    for (const bucket of this.#buckets.values()) {
      for (const rows of bucket.values()) yield* rows.values();
    }
  }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function add(row: Row, a: number, b: number, c = 0, d = 0, e = 0): void {
  const { sums } = row;
  sums[0] = (sums[0] ?? 0) + a;
  sums[1] = (sums[1] ?? 0) + b;
  sums[2] = (sums[2] ?? 0) + c;
  sums[3] = (sums[3] ?? 0) + d;
  sums[4] = (sums[4] ?? 0) + e;
}

export class RollupSums {
  readonly #sums = new Map(ROLLUP_NAMES.map((name) => [name, new Sums()]));

  addEvent(type: string, time: Instant, source: Source): void {
    const bucket = minuteOf(time);
    add(
      this.#of('events').row(bucket, type, source.key, () => ({
        bucketSeconds: bucket,
        sortKey: `${type} ${source.key}`,
        keys: [type, source.sensor, source.node],
      })),
      1,
      0,
    );
  }

  addAlert(time: Instant, gid: number, sid: number): void {
    const bucket = minuteOf(time);
    const first = String(gid);
    const second = String(sid);
    add(
      this.#of('signature').row(bucket, first, second, () => ({
        bucketSeconds: bucket,
        sortKey: `${first}:${second}`,
        keys: [encodeField((rows) => rows.int8(gid)), encodeField((rows) => rows.int8(sid))],
      })),
      1,
      0,
    );
  }

  addFlow(flow: FlowFacts, source: Source): void {
    const bucket = minuteOf(flow.end);
    const { bytesToServer, bytesToClient, packets, device, src, dest } = flow;
    const bytes = bytesToServer + bytesToClient;
    add(
      this.#of('total').row(bucket, '', source.key, () => ({
        bucketSeconds: bucket,
        sortKey: source.key,
        keys: [source.sensor, source.node],
      })),
      bytesToServer,
      bytesToClient,
      packets,
      1,
    );
    if (src !== undefined && dest !== undefined) {
      add(
        this.#of('pair').row(bucket, src.key, dest.key, () => ({
          bucketSeconds: bucket,
          sortKey: `${src.key}${dest.key}`,
          keys: [src.field, dest.field],
        })),
        bytesToServer,
        bytesToClient,
        1,
      );
    }
    if (device === undefined) return;
    this.#addDevice(bucket, device, flow);
    const other = device === src ? dest : src;
    if (other?.home && other.key !== device.key) this.#addDevice(bucket, other, flow);
    const { application, domain, country } = flow;
    add(this.#named('application', bucket, device, application), bytes, 1);
    if (domain !== null) add(this.#named('domain', bucket, device, domain), bytes, 1);
    if (country !== null) add(this.#named('country', bucket, device, country), bytes, 1);
  }

  /** The upserts of the transaction, in the order in which every replica takes their locks. */
  arrays(maxKeys: number): RollupArrays[] {
    return ROLLUP_NAMES.flatMap((name) => {
      const minutes = folded([...this.#of(name).rows()], ROLLUPS[name], maxKeys);
      if (minutes.length === 0) return [];
      return [
        encode(name, 'minute', minutes),
        encode(name, 'hour', folded(hoursOf(minutes), ROLLUPS[name], maxKeys)),
      ];
    });
  }

  #of(name: RollupName): Sums {
    const sums = this.#sums.get(name);
    if (sums === undefined) throw new Error(`no rollup ${name}`);
    return sums;
  }

  #addDevice(bucket: number, device: Address, flow: FlowFacts): void {
    const row = this.#of('device').row(bucket, device.key, '', () => ({
      bucketSeconds: bucket,
      sortKey: device.key,
      keys: [device.field],
    }));
    const isClient = device === flow.src;
    const sent = isClient ? flow.bytesToServer : flow.bytesToClient;
    const bytes = flow.bytesToServer + flow.bytesToClient;
    add(row, sent, bytes - sent, flow.packets, 1, flow.unnamed ? bytes : 0);
  }

  #named(name: RollupName, bucket: number, device: Address, key: string): Row {
    return this.#of(name).row(bucket, device.key, key, () => ({
      bucketSeconds: bucket,
      sortKey: `${device.key} ${key}`,
      keys: [device.field, key],
    }));
  }
}

/** Where a batch came from; `key` is unique for the pair. */
export interface Source {
  readonly sensor: string;
  readonly node: string;
  readonly key: string;
}

function minuteOf(time: Instant): number {
  return Math.floor(time.seconds / kMinuteSeconds) * kMinuteSeconds;
}

function hoursOf(minutes: readonly Row[]): Row[] {
  const hours = new Map<string, Row>();
  for (const { bucketSeconds, sortKey, keys, sums } of minutes) {
    const hour = Math.floor(bucketSeconds / kHourSeconds) * kHourSeconds;
    const key = `${hour} ${sortKey}`;
    const row = hours.get(key);
    if (row === undefined) {
      hours.set(key, { bucketSeconds: hour, sortKey, keys, sums: [...sums] });
    } else {
      for (const [index, sum] of sums.entries()) row.sums[index] = (row.sums[index] ?? 0) + sum;
    }
  }
  return [...hours.values()];
}

/** At most maxKeys rows besides one "all the rest" row per bucket; sorted. */
function folded(rows: Row[], rollup: RollupTable, maxKeys: number): Row[] {
  let kept = rows;
  if (rows.length > maxKeys) {
    const [heavy, light] = heaviest(rows, maxKeys);
    kept = heavy;
    const rest = new Map<number, Row>();
    // A pair of unspecified addresses that occurs by itself has the same key.
    for (const row of kept) if (row.sortKey === REST_SORT_KEY) rest.set(row.bucketSeconds, row);
    for (const { bucketSeconds, sums } of light) {
      let row = rest.get(bucketSeconds);
      if (row === undefined) {
        const keys = rollup.keys.map((key) => REST_KEYS[key.type]);
        row = { bucketSeconds, sortKey: REST_SORT_KEY, keys, sums: [0, 0, 0, 0, 0] };
        rest.set(bucketSeconds, row);
        kept.push(row);
      }
      for (const [index, sum] of sums.entries()) row.sums[index] = (row.sums[index] ?? 0) + sum;
    }
  }
  return kept.sort(
    (a, b) =>
      a.bucketSeconds - b.bucketSeconds ||
      (a.sortKey < b.sortKey ? -1 : a.sortKey > b.sortKey ? 1 : 0),
  );
}

/**
 * The `count` heaviest rows, and the others. Only numbers are sorted: with ten times more rows than are kept
 * that costs a fraction of sorting the rows themselves.
 */
function heaviest(rows: readonly Row[], count: number): [heavy: Row[], light: Row[]] {
  const weights = Float64Array.from(rows, weight).sort();
  const least = weights[weights.length - count] ?? 0;
  const heavy = rows.filter((row) => weight(row) > least);
  const light: Row[] = [];
  for (const row of rows) {
    const own = weight(row);
    if (own > least) continue;
    // Of those that weigh the same the first ones, as many as there is room for.
    if (own === least && heavy.length < count) heavy.push(row);
    else light.push(row);
  }
  return [heavy, light];
}

function weight(row: Row): number {
  return (row.sums[0] ?? 0) + (row.sums[1] ?? 0);
}

function encode(name: RollupName, step: 'minute' | 'hour', rows: readonly Row[]): RollupArrays {
  const rollup: RollupTable = ROLLUPS[name];
  const fields = new BinaryRows(rows.length * 16);
  const column = (oid: number, put: (row: Row) => void): Buffer => {
    fields.clear();
    for (const row of rows) put(row);
    return binaryArray(oid, rows.length, fields.bytes());
  };
  const parameters = [
    column(OIDS.timestamptz, (row) =>
      fields.timestamptz({ seconds: row.bucketSeconds, micros: 0 }),
    ),
    ...rollup.keys.map((key, index) =>
      column(OIDS[key.type], (row) => {
        const value = row.keys[index] ?? REST_TEXT;
        if (typeof value === 'string') fields.text(value);
        else fields.encoded(value);
      }),
    ),
    ...rollup.sums.map((_, index) => column(OIDS.int8, (row) => fields.int8(row.sums[index] ?? 0))),
  ];
  return { rollup: name, step, rows: rows.length, parameters };
}
