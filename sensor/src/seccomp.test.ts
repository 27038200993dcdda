// The whole sensor under the seccomp profile of deploy/seccomp: it captures, publishes, spools while the
// bus is away, and ends in order. What the profile lacks would show as a call that fails.
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestNats, type TestNats } from '#testkit/nats.ts';
import { temporaryDirectory } from '#testkit/temporary.ts';
import { startSensor } from '../test/sensor-process.ts';
import { storedBatches, until } from '../test/stored.ts';

const kRoot = join(import.meta.dirname, '../..');
const kThrough = [
  ...['python3', join(kRoot, 'testkit/seccomp/apply_profile.py')],
  join(kRoot, 'deploy/seccomp/netmoth-sensor.json'),
];
const kSkipped = (() => {
  if (process.getuid?.() !== 0) return 'needs root';
  const { status, stderr } = spawnSync(kThrough[0] ?? '', [...kThrough.slice(1), 'true'], {
    encoding: 'utf8',
  });
  return status === 0 ? '' : `no profile can be set here: ${stderr}`;
})();
if (kSkipped !== '') console.log(`seccomp: skipped, ${kSkipped}`);

const temporary = temporaryDirectory('netmoth-seccomp');
let nats: TestNats;
beforeAll(async () => {
  nats = await startTestNats();
});
afterAll(async () => {
  await nats.stop();
  temporary.remove();
});

/** A DNS question for a.example, type A (RFC 1035, 4.1): an event at once. */
const kQuestion = Buffer.from(
  '123401000001000000000000016107' + '6578616d706c65' + '0000010001',
  'hex',
);

test.skipIf(kSkipped !== '')(
  'captures, spools through an outage of the bus and ends in order',
  async () => {
    const argv = ['--name', 'fenced', '--node', 'node', '--nats', nats.url];
    const capture = ['--interface', 'lo', '--filter', 'udp and dst port 53'];
    const spool = ['--spool-dir', join(temporary.path, 'spool')];
    const sensor = startSensor([...argv, ...spool, ...capture], { through: kThrough });
    const socket = createSocket('udp4');
    try {
      await until('the start', () => sensor.address() !== undefined);
      const metric = async (name: string) => {
        const page = await (await fetch(`http://${sensor.address()}/metrics`)).text();
        return Number(new RegExp(`^netmoth_sensor_${name}\\S* (\\d+)`, 'm').exec(page)?.[1] ?? 0);
      };
      /** Datagrams until the figure is above `least`. */
      const rises = async (name: string, least = 0) => {
        const deadline = performance.now() + 30_000;
        for (;;) {
          const value = await metric(name);
          if (value > least) return value;
          if (performance.now() > deadline) throw new Error(`${name} stays at ${value}`);
          socket.send(kQuestion, 53, '127.0.0.1');
          await sleep(100);
        }
      };
      await rises('decoded_packets_total');
      const before = await rises('batches_acknowledged_total');
      await nats.pause();
      await rises('decoded_packets_total', await metric('decoded_packets_total'));
      await nats.start();
      await rises('batches_acknowledged_total', before);
    } finally {
      socket.close();
    }
    expect(await sensor.end('SIGTERM'), sensor.stderr()).toBe(0);
    const batches = await storedBatches(nats.url);
    const lines = batches.flatMap((batch) => batch.lines);
    expect(lines.filter((line) => line.includes('"a.example"')).length).toBeGreaterThan(0);
  },
  60_000,
);
