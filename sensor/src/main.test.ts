// The whole sensor with the real engine and a real nats-server: what a capture holds is stored, and each
// bad start is one clear line with its exit status.

import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eveEventSchema } from '#contracts/eve.ts';
import { BUCKET_DESIRED, BUCKET_REPORTED, type Reported, reportedSchema } from '#contracts/nats.ts';
import { startTestNats, type TestNats } from '#testkit/nats.ts';
import { temporaryDirectory } from '#testkit/temporary.ts';
import { bundleOf, publish } from '../test/bundles.ts';
import { flowSource, writeUdpCapture } from '../test/capture-file.ts';
import { startSensor } from '../test/sensor-process.ts';
import { mountSmallDisk } from '../test/small-disk.ts';
import { storedBatches, until } from '../test/stored.ts';
import { FILE_HEADER_BYTES, parseFileName } from './spool-file.ts';

const temporary = temporaryDirectory('netmoth-sensor');
let nats: TestNats;
let runs = 0;

beforeAll(async () => {
  nats = await startTestNats();
});
afterAll(async () => {
  await nats.stop();
  temporary.remove();
});

/** Arguments of a sensor with a name, and so a subject and a spool, of its own. */
function own(): { name: string; spool: string; argv: string[] } {
  runs += 1;
  const name = `sensor-${runs}`;
  const spool = join(temporary.path, name);
  const argv = ['--name', name, '--node', 'node', '--nats', nats.url, '--spool-dir', spool];
  return { name, spool, argv };
}

function capture(net: number, flows: number, gapMicros?: number): string {
  const path = join(temporary.path, `net-${net}.pcap`);
  writeUdpCapture(path, { net, flows, ...(gapMicros === undefined ? {} : { gapMicros }) });
  return path;
}

async function eventsOf(name: string) {
  const batches = await storedBatches(nats.url);
  const mine = batches.filter(({ subject }) => subject.startsWith(`netmoth.events.${name}.`));
  const events = mine.flatMap(({ lines }) =>
    lines.map((line) => eveEventSchema.parse(JSON.parse(line))),
  );
  return { batches: mine, events };
}

async function reportOf(name: string): Promise<Reported> {
  const connection = await connect({ servers: nats.url });
  try {
    const entry = await (await new Kvm(connection).open(BUCKET_REPORTED)).get(`${name}.node`);
    return reportedSchema.parse(entry?.json());
  } finally {
    await connection.close();
  }
}

const sources = (events: Awaited<ReturnType<typeof eventsOf>>['events']) =>
  events.flatMap((event) =>
    event.event_type === 'flow' ? [`${event.src_ip}:${event.src_port}`] : [],
  );
const allSources = (net: number, flows: number) =>
  Array.from({ length: flows }, (_, n) => flowSource(net, n)).toSorted();

test('a replay as fast as can be: every flow stored once, counted to the last event', async () => {
  const { name, spool, argv } = own();
  const sensor = startSensor([
    ...argv,
    '--pcap',
    capture(1, 20_000),
    '--speed',
    'max',
    '--exit-when-done',
  ]);
  expect(await sensor.ended(), sensor.stderr()).toBe(0);
  const { batches, events } = await eventsOf(name);
  expect(sources(events).toSorted()).toEqual(allSources(1, 20_000));
  expect(batches.every(({ count, lines }) => count === lines.length)).toBe(true);
  const stats = events.filter(({ event_type }) => event_type === 'stats');
  expect(stats.at(-1)).toMatchObject({
    stats: { decoder: { pkts: 20_000 }, flow: { total: 20_000 } },
  });
  const { counters, interfaces, spool: left } = await reportOf(name);
  expect(counters).toMatchObject({
    decodedPackets: 20_000,
    eventsDroppedQueue: 0,
    eventsDroppedSpool: 0,
  });
  expect(counters.eventsMade).toBe(events.length);
  expect(counters.eventsAcknowledged).toBe(events.length);
  expect(interfaces).toMatchObject([{ strategy: 'pcapFile', up: true }]);
  expect(left).toMatchObject({ bytes: 0, batches: 0 });
  expect(readdirSync(spool)).toEqual([]);
});

test('a replay is held back, not thinned, where the queue from the engine is full', async () => {
  const { name, argv } = own();
  const config = join(temporary.path, `${name}.yaml`);
  writeFileSync(config, 'outputs: {queueBatches: 1, batchMaxBytes: 4096}\n');
  const path = capture(6, 5_000);
  const replay = ['--config', config, '--pcap', path, '--speed', 'max', '--exit-when-done'];
  const sensor = startSensor([...argv, ...replay]);
  expect(await sensor.ended(), sensor.stderr()).toBe(0);
  expect(sources((await eventsOf(name)).events).toSorted()).toEqual(allSources(6, 5_000));
});

test('after a replay it stays, ready and reporting, hears wishes, and ends on SIGTERM', async () => {
  const { name, argv } = own();
  const sensor = startSensor([...argv, '--pcap', capture(2, 50), '--speed', 'max']);
  await until('the end of the replay', () =>
    sensor.log.some(({ msg }) => msg === 'Replay is through'),
  );
  await until('the bus', () => sensor.log.some(({ msg }) => msg === 'Bus connected'));
  const address = sensor.address();
  const ready = await fetch(`http://${address}/readyz`);
  expect(await ready.json()).toMatchObject({
    conditions: [{ type: 'Capturing', reason: 'ReplayDone' }, {}, {}],
  });
  const metrics = await (await fetch(`http://${address}/metrics`)).text();
  expect(metrics).toContain('netmoth_sensor_decoded_packets_total 50');
  expect(metrics).toContain('netmoth_sensor_events_made_total{type="flow"} 50');

  const connection = await connect({ servers: nats.url });
  const wish = { generation: 7, engine: { maxFlows: 500 } };
  await (await new Kvm(connection).create(BUCKET_DESIRED)).put(
    `${name}.node`,
    JSON.stringify(wish),
  );
  await until('the wish', () => sensor.log.some(({ msg }) => msg === 'Desired state heard'));
  await connection.close();
  expect(await sensor.end('SIGTERM'), sensor.stderr()).toBe(0);
  const report = await reportOf(name);
  expect(report.observedGeneration).toBe(7);
  expect(report.conditions.find(({ type }) => type === 'Capturing')).toMatchObject({
    reason: 'Stopped',
    message: expect.stringContaining('engine.maxFlows'),
  });
  expect(sources((await eventsOf(name)).events).length).toBe(50);
});

test('signatures wanted by the bus are loaded while it runs, and again at a start without the bus', async () => {
  const { name, argv } = own();
  const made = bundleOf(77);
  await publish(nats.url, made);
  const dataDir = join(temporary.path, `${name}-data`);
  const path = capture(8, 6_000, 100_000); // ten minutes at its own pace
  const run = () => startSensor([...argv, '--data-dir', dataDir, '--pcap', path]);
  const has = (sensor: ReturnType<typeof run>, word: string) =>
    sensor.log.find(({ msg }) => msg === word);
  const sensor = run();
  const connection = await connect({ servers: nats.url });
  const wishes = await new Kvm(connection).create(BUCKET_DESIRED);
  const wish = { generation: 9, signatures: { digest: made.digest, revision: 'r9' } };
  await wishes.put(`${name}.node`, JSON.stringify(wish));
  await connection.close();
  await until('the signatures', () => has(sensor, 'Signatures loaded') !== undefined);
  const page = async () => (await fetch(`http://${sensor.address()}/metrics`)).text();
  while (!(await page()).includes('netmoth_sensor_events_made_total{type="alert"}'))
    await sleep(50);
  const metrics = await page();
  expect(metrics).toContain(
    `netmoth_sensor_signatures_info{digest="${made.digest}",revision="r9"} 1`,
  );
  expect(metrics).toContain('netmoth_sensor_rules_loaded 1');
  expect(await sensor.end('SIGTERM'), sensor.stderr()).toBe(0);
  expect(await reportOf(name)).toMatchObject({
    observedGeneration: 9,
    signatures: { state: 'active', digest: made.digest, revision: 'r9', swaps: 1, failures: 0 },
  });
  const { events } = await eventsOf(name);
  const alerts = events.filter(({ event_type }) => event_type === 'alert');
  expect(alerts.length).toBeGreaterThan(0);

  await nats.pause();
  try {
    const alone = run();
    await until('the signatures', () => has(alone, 'Signatures loaded') !== undefined);
    expect(has(alone, 'Signatures loaded')).toMatchObject({ digest: made.digest, revision: 'r9' });
    await alone.end('SIGTERM');
  } finally {
    await nats.start();
  }
});

test('kill -9 of sensor and nats-server in the middle: what was made and stored is stored once', async () => {
  const { name, spool, argv } = own();
  const config = join(temporary.path, `${name}.yaml`);
  writeFileSync(
    config,
    'engine: {maxFlows: 64}\noutputs: {batchMaxMs: 50}\nnats: {ackTimeoutMs: 1000}\n',
  );
  const made = new Set<string>();
  const lookAtSpool = () => {
    for (const file of readdirSync(spool)) {
      const meta = parseFileName(file);
      // The one that was being written at the kill is torn: the sensor never had it, and counts it.
      const torn = statSync(join(spool, file)).size < FILE_HEADER_BYTES + (meta?.bodyBytes ?? 0);
      if (!torn) made.add(meta?.msgId ?? file);
    }
  };
  for (const net of [3, 4]) {
    // A small flow table evicts all the time, so events are made while the replay runs.
    const path = capture(net, 40_000, 250);
    const sensor = startSensor([...argv, '--config', config, '--pcap', path]);
    await until('the start', () => sensor.address() !== undefined);
    const acknowledged = async () => {
      const text = await (await fetch(`http://${sensor.address()}/metrics`)).text();
      return Number(/^netmoth_sensor_events_acknowledged_total (\d+)/m.exec(text)?.[1] ?? 0);
    };
    while ((await acknowledged()) < 2_000) await sleep(50);
    await nats.kill();
    await until('batches in the spool', () => readdirSync(spool).length > 10);
    await sensor.end('SIGKILL');
    lookAtSpool();
    await nats.start();
  }
  expect(made.size).toBeGreaterThan(20);
  const last = startSensor([
    ...argv,
    '--pcap',
    capture(5, 10),
    '--speed',
    'max',
    '--exit-when-done',
  ]);
  expect(await last.ended(), last.stderr()).toBe(0);
  expect(readdirSync(spool)).toEqual([]);
  const { batches, events } = await eventsOf(name);
  const ids = batches.map(({ msgId }) => msgId);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...made].filter((id) => !ids.includes(id))).toEqual([]);
  const flows = sources(events);
  expect(new Set(flows).size).toBe(flows.length);
});

const disk = mountSmallDisk();
afterAll(() => disk?.unmount());
test.skipIf(disk === undefined)('a full disk degrades the sensor and costs no event', async () => {
  const { name, argv } = own();
  disk?.fill();
  const spool = join(disk?.path ?? '', 'spool');
  const path = capture(7, 30_000);
  const sensor = startSensor([...argv, '--spool-dir', spool, '--pcap', path, '--speed', 'max']);
  const page = async (about: string) => (await fetch(`http://${sensor.address()}${about}`)).text();
  await until('the end of the replay', () =>
    sensor.log.some(({ msg }) => msg === 'Replay is through'),
  );
  while (!(await page('/metrics')).includes('spool_batches{class="flow"} 0')) await sleep(50);
  expect(await page('/metrics')).not.toContain('netmoth_sensor_spool_write_errors_total 0');
  expect(await sensor.end('SIGTERM'), sensor.stderr()).toBe(0);
  expect(sources((await eventsOf(name)).events).length).toBe(30_000);
});

const text = join(temporary.path, 'no-capture.txt');
writeFileSync(text, 'this is no capture');
const tight = join(temporary.path, 'occupied');
mkdirSync(tight);
writeFileSync(join(tight, 'file'), '');

test.each([
  ['a missing interface', ['--interface', 'nope0'], 69, /nope0.*\blo\b/],
  ['a missing file', ['--pcap', '/nowhere/x.pcap'], 2, /\/nowhere\/x\.pcap/],
  ['a file that is no capture', ['--pcap', text], 2, /no-capture\.txt/],
  ['a wrong filter', ['--interface', 'lo', '--filter', 'prot tcp'], 78, /filter/i],
  ['a wrong option', ['--interfaec', 'lo'], 64, /did you mean "--interface"/],
  ['a wrong value', ['--pcap', 'x', '--speed', 'quick'], 78, /replay\.speed/],
  ['an unusable spool', ['--pcap', text, '--spool-dir', join(tight, 'file', 'spool')], 73, /spool/],
  ['a used port', ['--pcap', text, '--listen', 'PORT'], 69, /not free: another program/],
])('%s: one line and status', async (_, extra, status, message) => {
  const argv = extra.map((each) => (each === 'PORT' ? `127.0.0.1:${nats.port}` : each));
  const sensor = startSensor([...own().argv, ...argv]);
  expect(await sensor.ended()).toBe(status);
  const lines = sensor.stderr().trimEnd().split('\n');
  expect(lines).toEqual([expect.stringMatching(message)]);
});

test.skipIf(process.getuid?.() !== 0)(
  'without the privilege the message names what to grant',
  async () => {
    const { argv } = own();
    using spool = temporaryDirectory('netmoth-nobody');
    chmodSync(spool.path, 0o777);
    const extra = ['--interface', 'lo', '--spool-dir', join(spool.path, 'spool')];
    const sensor = startSensor([...argv, ...extra], { uid: 65_534 });
    expect(await sensor.ended()).toBe(77);
    expect(sensor.stderr()).toMatch(/cap_net_raw/i);
  },
);

test.skipIf(process.getuid?.() !== 0)(
  'live on the loopback: a datagram becomes a stored flow',
  async () => {
    const { createSocket } = await import('node:dgram');
    const { name, argv } = own();
    const sensor = startSensor([...argv, '--interface', 'lo', '--filter', 'udp and dst port 9997']);
    await until('the start', () => sensor.address() !== undefined);
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const { port } = socket.address();
    const packets = async () => {
      const page = await (await fetch(`http://${sensor.address()}/metrics`)).text();
      return Number(/^netmoth_sensor_decoded_packets_total (\d+)/m.exec(page)?.[1] ?? 0);
    };
    while ((await packets()) === 0) {
      socket.send('hello', 9_997, '127.0.0.1');
      await sleep(100);
    }
    socket.close();
    expect(await sensor.end('SIGTERM'), sensor.stderr()).toBe(0);
    const { events } = await eventsOf(name);
    expect(sources(events)).toEqual([`127.0.0.1:${port}`]);
    expect((await reportOf(name)).interfaces).toMatchObject([
      { name: 'lo', strategy: 'afPacket', up: true },
    ]);
  },
);
