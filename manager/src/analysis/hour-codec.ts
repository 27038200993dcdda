/**
 * Hours of subjects as they lie in PostgreSQL: JSON of short rows, compressed.
 *
 * Invariant: what is decoded equals what was encoded (a test merges and compares); no number that is not finite
 * is ever written.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { Distinct } from './sketch.ts';
import {
  type Contact,
  contactKey,
  type DomainQueries,
  type Note,
  type Samples,
  type SubjectHour,
} from './subject-hour.ts';

/** What one row of ours unpacks to at most; beyond it the row is damaged. One hour at all its bounds has 50 MB. */
const kMaxBytes = 64 * 1024 * 1024;
/** Far below it, so that many hours that are large make many rows. */
const kRowChars = 4 * 1024 * 1024;

const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

const HOUR_MS = 3_600_000;

export function packJson(value: unknown): Buffer {
  // Numbers that are not finite become null, which no reader of ours takes for a number.
  return zstdCompressSync(JSON.stringify(value), FAST);
}

export function unpackJson(bytes: Uint8Array): unknown {
  return JSON.parse(zstdDecompressSync(bytes, { maxOutputLength: kMaxBytes }).toString('utf8'));
}

export function packHours(hours: readonly SubjectHour[]): Buffer {
  return packJson(hours.map(rowOf));
}

export interface PackedHours {
  readonly hours: readonly SubjectHour[];
  readonly body: Buffer;
}

/** In rows of at most maxHours each, and of kRowChars where one hour alone has not more. */
export function* packRows(hours: readonly SubjectHour[], maxHours: number): Generator<PackedHours> {
  let some: SubjectHour[] = [];
  let texts: string[] = [];
  let chars = 0;
  for (const hour of hours) {
    const text = JSON.stringify(rowOf(hour));
    if (some.length >= maxHours || (some.length > 0 && chars + text.length > kRowChars)) {
      yield { hours: some, body: packTexts(texts) };
      [some, texts, chars] = [[], [], 0];
    }
    some.push(hour);
    texts.push(text);
    chars += text.length;
  }
  if (some.length > 0) yield { hours: some, body: packTexts(texts) };
}

function packTexts(texts: readonly string[]): Buffer {
  return zstdCompressSync(`[${texts.join(',')}]`, FAST);
}

export function unpackHours(bytes: Uint8Array): SubjectHour[] {
  // Written by packHours alone.
  return (unpackJson(bytes) as HourRow[]).map(hourOf);
}

type HourRow = ReturnType<typeof rowOf>;
type ContactRow = readonly [
  peer: string,
  port: number,
  proto: string,
  home: 0 | 1,
  flows: number,
  answered: number,
  probes: number,
  bytesOut: number,
  bytesIn: number,
  firstSeconds: number,
  lastSeconds: number,
  name: string | null,
  country: string | null,
  application: string,
  timesMs: readonly number[],
  bytes: number[],
  network: string | null,
];

// Written out: spreading would make two more arrays of each of some ten thousand contacts a second.
function contactRow(of: Contact, fromMs: number): ContactRow {
  return [
    of.peer,
    of.port,
    of.proto,
    of.home ? 1 : 0,
    of.flows,
    of.answered,
    of.probes,
    of.bytesOut,
    of.bytesIn,
    of.firstSeconds,
    of.lastSeconds,
    of.name,
    of.country,
    of.application,
    within(of.samples.timesMs, -fromMs),
    of.samples.bytes,
    of.network,
  ];
}

function contactOf(row: ContactRow, fromMs: number): Contact {
  return {
    peer: row[0],
    port: row[1],
    proto: row[2],
    home: row[3] === 1,
    flows: row[4],
    answered: row[5],
    probes: row[6],
    bytesOut: row[7],
    bytesIn: row[8],
    firstSeconds: row[9],
    lastSeconds: row[10],
    name: row[11],
    country: row[12],
    // Rows that were written before networks were known end before it.
    network: row[16] ?? null,
    application: row[13],
    samples: { timesMs: within(row[14], fromMs), bytes: row[15] },
  };
}

function domainRow([domain, of]: [string, DomainQueries], fromMs: number) {
  const { queries, names, informationBits, bulkTypes, longest, samples } = of;
  return [
    ...([domain, queries, [...names], Math.round(informationBits)] as const),
    ...([bulkTypes, longest, within(samples.timesMs, -fromMs), samples.bytes] as const),
  ] as const;
}

/** Times are written within the hour, which makes them short. */
function within(timesMs: readonly number[], byMs: number): number[] {
  return timesMs.map((each) => each + byMs);
}

function rowOf(hour: SubjectHour) {
  const { subject, device, flows, served, bytesOut, bytesIn, queries, nxdomain, beyond } = hour;
  const fromMs = hour.hour * HOUR_MS;
  return {
    i: [
      ...([subject, hour.hour, device ? 1 : 0, flows, served, bytesOut, bytesIn] as const),
      ...([queries, nxdomain, beyond] as const),
    ] as const,
    c: [...hour.contacts.values()].map((each) => contactRow(each, fromMs)),
    p: hour.peers.encode(),
    d: [...hour.domains].map((each) => domainRow(each, fromMs)),
    x: [...hour.missing],
    s: [...hour.samples].map(
      ([target, { timesMs, bytes }]) => [target, within(timesMs, -fromMs), bytes] as const,
    ),
    j: [...hour.ja4],
    n: [...hour.notes],
  };
}

function hourOf(row: HourRow): SubjectHour {
  const [subject, hour, device, flows, served, bytesOut, bytesIn, queries, nxdomain, beyond] =
    row.i;
  const fromMs = hour * HOUR_MS;
  return {
    ...{ subject, hour, device: device === 1, flows, served, bytesOut, bytesIn },
    ...{ queries, nxdomain, beyond },
    contacts: new Map(
      row.c.map((each) => [contactKey(each[0], each[1], each[2]), contactOf(each, fromMs)]),
    ),
    peers: Distinct.decode(row.p),
    domains: new Map(
      row.d.map(([domain, asked, names, informationBits, bulkTypes, longest, times, bytes]) => [
        domain,
        {
          ...{ queries: asked, names: new Set(names) },
          ...{
            informationBits,
            bulkTypes,
            longest,
            samples: { timesMs: within(times, fromMs), bytes },
          },
        },
      ]),
    ),
    missing: new Map(row.x),
    samples: new Map(
      row.s.map(([target, timesMs, bytes]): [string, Samples] => [
        target,
        { timesMs: within(timesMs, fromMs), bytes },
      ]),
    ),
    ja4: new Set(row.j),
    notes: new Map(row.n.map(([key, note]): [string, Note] => [key, note])),
  };
}
