import { describe, expect, it } from 'vitest';
import { eveEventSchema } from '#contracts/eve.ts';
import { AddressBook } from '../enrich/address-book.ts';
import { DomainCache } from '../enrich/domain-cache.ts';
import { newDeviceMemory } from './device-sightings.ts';
import { type EncodedGroup, GroupEncoder } from './group-encoder.ts';
import { line, SAMPLES, type Sample } from './testing/sample-events.ts';

async function encode(events: readonly unknown[]): Promise<EncodedGroup> {
  const encoder = new GroupEncoder({
    addresses: new AddressBook([]),
    domains: new DomainCache(),
    devices: newDeviceMemory(),
    maxRollupKeys: 100,
    storedOn: '2026-11-21',
  });
  await encoder.add({
    subject: 's',
    sensor: 'a',
    node: 'b',
    eventClass: 'flow',
    msgId: 'm',
    count: events.length,
    text: events.map(line).join('\n'),
    seq: 1,
  });
  return encoder.finish();
}

/** Every path to a value in the event, so that each can be made wrong. */
function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  return Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]));
}

function changed(event: Sample, path: readonly string[], value: unknown): unknown {
  const copy = structuredClone(event) as Record<string, unknown>;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  const last = path.at(-1) ?? '';
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

/** Held by the contract but stored nowhere as a column, so ingest does not look at them. */
const NOT_STORED =
  /^(ip_v|netmoth\.schema|flow\.age|dns\.(version|id|answers\..*\.ttl)|tls\.ja3s?\.string|fileinfo\.|quic\.|dhcp\.|stats\.)/;

const cases = Object.entries(SAMPLES).flatMap(([type, event]) =>
  pathsOf(event).map((path) => ({ type, event: event as Sample, path, name: path.join('.') })),
);

describe('event tables', () => {
  it('the samples are events by the contract', async () => {
    for (const event of Object.values(SAMPLES)) eveEventSchema.parse(event);
    const group = await encode(Object.values(SAMPLES));
    expect(group.rejections).toEqual([]);
    expect([...group.events.values()]).toEqual(Object.values(SAMPLES).map(() => 1));
  });

  it.each(cases)(
    '$type: $name of a wrong kind or missing is judged as the contract does',
    async ({ event, path, name }) => {
      for (const wrong of [undefined, true, 'x\ny', -1, 1.5, { a: 1 }]) {
        const candidate = changed(event, path, wrong);
        const valid = eveEventSchema.safeParse(candidate).success;
        const { rejected } = await encode([candidate]);
        // Ingest may take more than the contract (a newer type, a value it does not store), never less.
        // And one thing it takes less: an address has to be one, because it becomes an inet.
        if (/^(src|dest)_ip$/.test(name) && typeof wrong === 'string') {
          expect({ wrong, rejected }).toEqual({ wrong, rejected: 1 });
        } else if (valid) expect({ wrong, rejected }).toEqual({ wrong, rejected: 0 });
        else if (!NOT_STORED.test(name) && !isLoose(name, wrong)) {
          expect({ wrong, rejected }).toEqual({ wrong, rejected: 1 });
        }
      }
    },
  );
});

/** Where ingest is wider than the contract: words are free texts, unknown types go to `events`. */
function isLoose(name: string, wrong: unknown): boolean {
  if (name.startsWith('dns.answers.')) return true;
  if (/^tls\.ja3s?\.hash$/.test(name) && wrong === undefined) return true;
  if (typeof wrong !== 'string') return false;
  return /^(flow\.(state|reason)|netmoth\.flow_state|dns\.type|alert\.action|anomaly\.type)$/.test(
    name,
  );
}
