import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eveEventSchema } from '#contracts/eve.ts';
import type { ReadOptions } from '#contracts/native.ts';
import { engineConfigFrom, read } from './index.ts';
import { capture, dnsExchange, udpFrame } from './testing/frames.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmoth-native-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function readBytes(bytes: Uint8Array, options: Partial<ReadOptions> = {}) {
  const path = join(folder, 'input.pcap');
  const evePath = join(folder, 'eve.ndjson');
  await writeFile(path, bytes);
  const summary = await read({ path, evePath, engine: engineConfigFrom(), ...options });
  const lines = (await readFile(evePath, 'utf8')).trimEnd().split('\n');
  return { summary, events: lines.map((line) => eveEventSchema.parse(JSON.parse(line))) };
}

describe('read', () => {
  test('a DNS exchange gives dns and flow events that the contract knows', async () => {
    const { summary, events } = await readBytes(capture(dnsExchange()));
    expect(events.map((event) => event.event_type)).toEqual(['dns', 'dns', 'flow', 'stats']);
    expect(events[2]).toMatchObject({
      app_proto: 'dns',
      flow: { pkts_toserver: 1, pkts_toclient: 1, state: 'established', reason: 'shutdown' },
      netmoth: { schema: 1, flow_state: 'ESTABLISHED' },
    });
    expect(new Set(events.slice(0, 3).map((event) => event.flow_id)).size).toBe(1);
    expect(events[0]?.community_id).toMatch(/^1:[A-Za-z0-9+/]{27}=$/);
    expect(summary).toMatchObject({
      packets: 2,
      flowsTotal: 1,
      flowsActive: 0,
      eventsMade: 4,
      eventsDropped: 0,
      eventsByType: { dns: 2, flow: 1, stats: 1 },
      firstPacket: '2023-11-14T22:13:20.000Z',
    });
    expect(summary.fault).toBeUndefined();
  });

  test('the same capture gives the same events in every run', async () => {
    const first = await readBytes(capture(dnsExchange()));
    const second = await readBytes(capture(dnsExchange()));
    expect(second.events).toEqual(first.events);
  });

  test('what a cut-off file held before the cut is written, then the fault is told', async () => {
    const whole = capture(dnsExchange());
    const { summary, events } = await readBytes(whole.subarray(0, whole.length - 5));
    expect(summary.packets).toBe(1);
    expect(events.map((event) => event.event_type)).toEqual(['dns', 'flow', 'stats']);
    expect(summary.fault?.code).toBe('NM_CAPTURE_FILE_TRUNCATED');
    expect(summary.fault?.message).toContain('input.pcap');
  });

  test('a file that is no capture leaves the output untouched', async () => {
    const evePath = join(folder, 'kept.ndjson');
    await writeFile(evePath, 'kept\n');
    const text = Buffer.from('this is no capture at all, only a text of some length\n');
    await expect(readBytes(text, { evePath })).rejects.toMatchObject({
      code: 'NM_CAPTURE_FILE_FORMAT',
    });
    expect(await readFile(evePath, 'utf8')).toBe('kept\n');
  });

  test('a missing file, an unwritable output and a full disk are told apart', async () => {
    const engine = engineConfigFrom();
    const missing = join(folder, 'nowhere.pcap');
    await expect(read({ path: missing, evePath: join(folder, 'x'), engine })).rejects.toMatchObject(
      { code: 'NM_CAPTURE_FILE_UNREADABLE' },
    );
    await expect(
      readBytes(capture(dnsExchange()), { evePath: join(folder, 'no/such/folder/eve') }),
    ).rejects.toMatchObject({ code: 'NM_OUTPUT_WRITE' });
    const full = join(folder, 'full');
    await symlink('/dev/full', full);
    await expect(readBytes(capture(dnsExchange()), { evePath: full })).rejects.toMatchObject({
      code: 'NM_OUTPUT_WRITE',
      message: expect.stringMatching(/cannot write .*full: No space left on device/),
    });
  });

  test('the table is as large as configured and says what it put out', async () => {
    const frames = Array.from({ length: 500 }, (_, at) => udpFrame({ sourcePort: 1024 + at }));
    const engine = engineConfigFrom({ maxFlows: 64 });
    const { summary, events } = await readBytes(capture(frames), { engine });
    expect(summary).toMatchObject({ flowsTotal: 500, flowsEvicted: 436, flowsActive: 0 });
    const reasons = events.flatMap((event) =>
      event.event_type === 'flow' ? [event.flow.reason] : [],
    );
    expect(reasons.filter((reason) => reason === 'forced')).toHaveLength(436);
    expect(reasons.filter((reason) => reason === 'shutdown')).toHaveLength(64);
  });

  test('many reads at once do not disturb each other', async () => {
    const path = join(folder, 'shared.pcap');
    await writeFile(path, capture(dnsExchange()));
    const engine = engineConfigFrom();
    const reads = Array.from({ length: 8 }, (_, at) =>
      read({ path, evePath: join(folder, `eve-${at}`), engine }),
    );
    for (const summary of await Promise.all(reads)) expect(summary.eventsMade).toBe(4);
  });
});

describe('arguments are checked before C++ is called', () => {
  test('every fault of an engine configuration at once, misspelt keys with the nearest name', () => {
    const wrong = { maxFlow: 5, checksums: 'maybe', timeouts: { tcpNewSecond: 1 } };
    expect(() => engineConfigFrom(wrong)).toThrow(
      /maxFlow: unknown key, did you mean "maxFlows"\?/,
    );
    expect(() => engineConfigFrom(wrong)).toThrow(/timeouts\.tcpNewSecond: .*"tcpNewSeconds"/);
    expect(() => engineConfigFrom(wrong)).toThrow(/checksums: /);
    expect(() => engineConfigFrom(wrong)).toThrow(
      expect.objectContaining({ code: 'NM_CONFIG_INVALID' }),
    );
  });

  test('a misspelt option is named', async () => {
    const options = { path: 'a', evPath: 'b', engine: engineConfigFrom() };
    // biome-ignore lint/suspicious/noExplicitAny: a caller without types
    await expect(read(options as any)).rejects.toThrow(
      /unknown option evPath, did you mean "evePath"/,
    );
  });
});
