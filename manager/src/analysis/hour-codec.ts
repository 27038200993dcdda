/**
 * Hours of subjects as they lie in PostgreSQL: JSON of short rows, compressed.
 *
 * Invariant: what is decoded equals what was encoded (a test merges and compares); no number that is not finite
 * is ever written.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { Distinct } from './sketch.ts';
import {
  type Contact,
  contactKey,
  type DomainQueries,
  type Note,
  type Samples,
  type SubjectHour,
} from './subject-hour.ts';

/** What one row of ours unpacks to at most; beyond it the row is damaged. */
const kMaxBytes = 64 * 1024 * 1024;

export function packJson(value: unknown): Buffer {
  return zstdCompressSync(JSON.stringify(value, finite));
}

export function unpackJson(bytes: Uint8Array): unknown {
  return JSON.parse(zstdDecompressSync(bytes, { maxOutputLength: kMaxBytes }).toString('utf8'));
}

function finite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? 0 : value;
}

export function packHours(hours: readonly SubjectHour[]): Buffer {
  return packJson(hours.map(rowOf));
}

export function unpackHours(bytes: Uint8Array): SubjectHour[] {
  // Written by packHours alone.
  return (unpackJson(bytes) as HourRow[]).map(hourOf);
}

type ContactRow = ReturnType<typeof contactRow>;
type HourRow = ReturnType<typeof rowOf>;

function contactRow(of: Contact) {
  const { peer, port, proto, home, flows, answered, probes, bytesOut, bytesIn } = of;
  const { firstSeconds, lastSeconds, name, country, application } = of;
  return [
    ...([peer, port, proto, home ? 1 : 0, flows, answered, probes, bytesOut, bytesIn] as const),
    ...([firstSeconds, lastSeconds, name, country, application] as const),
  ] as const;
}

function contactOf(row: ContactRow): Contact {
  const [peer, port, proto, home, flows, answered, probes, bytesOut, bytesIn] = row;
  const [firstSeconds, lastSeconds, name, country, application] = row.slice(9) as [
    number,
    number,
    string | null,
    string | null,
    string,
  ];
  return {
    ...{ peer, port, proto, home: home === 1, flows, answered, probes, bytesOut, bytesIn },
    ...{ firstSeconds, lastSeconds, name, country, application },
  };
}

function domainRow([domain, of]: [string, DomainQueries]) {
  const { queries, nxdomain, names, informationBits, bulkTypes, longest } = of;
  return [
    ...([domain, queries, nxdomain, [...names], Math.round(informationBits)] as const),
    ...([bulkTypes, longest] as const),
  ] as const;
}

function rowOf(hour: SubjectHour) {
  const { subject, device, flows, served, bytesOut, bytesIn, queries, nxdomain, beyond } = hour;
  return {
    i: [
      ...([subject, hour.hour, device ? 1 : 0, flows, served, bytesOut, bytesIn] as const),
      ...([queries, nxdomain, beyond] as const),
    ] as const,
    c: [...hour.contacts.values()].map(contactRow),
    p: hour.peers.encode(),
    d: [...hour.domains].map(domainRow),
    x: [...hour.missing],
    s: [...hour.samples].map(([target, { timesMs, bytes }]) => [target, timesMs, bytes] as const),
    j: [...hour.ja4],
    n: [...hour.notes],
  };
}

function hourOf(row: HourRow): SubjectHour {
  const [subject, hour, device, flows, served, bytesOut, bytesIn, queries, nxdomain, beyond] =
    row.i;
  return {
    ...{ subject, hour, device: device === 1, flows, served, bytesOut, bytesIn },
    ...{ queries, nxdomain, beyond },
    contacts: new Map(
      row.c.map(contactOf).map((each) => [contactKey(each.peer, each.port, each.proto), each]),
    ),
    peers: Distinct.decode(row.p),
    domains: new Map(
      row.d.map(([domain, asked, missing, names, informationBits, bulkTypes, longest]) => [
        domain,
        {
          ...{ queries: asked, nxdomain: missing, names: new Set(names) },
          ...{ informationBits, bulkTypes, longest },
        },
      ]),
    ),
    missing: new Map(row.x),
    samples: new Map(
      row.s.map(([target, timesMs, bytes]): [string, Samples] => [
        target,
        { timesMs: [...timesMs], bytes: [...bytes] },
      ]),
    ),
    ja4: new Set(row.j),
    notes: new Map(row.n.map(([key, note]): [string, Note] => [key, note])),
  };
}
