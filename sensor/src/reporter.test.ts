// Report and wish through a real nats-server's buckets.
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect, headers } from '@nats-io/transport-node';
import { expect, test } from 'vitest';
import {
  BUCKET_DESIRED,
  BUCKET_REPORTED,
  type Desired,
  REPORTED_TTL_MS,
  type Reported,
} from '#contracts/nats.ts';
import { startTestNats } from '#testkit/nats.ts';
import { silentLog } from '../test/pipeline.ts';
import { until } from '../test/stored.ts';
import { Bus } from './bus.ts';
import { Reporter } from './reporter.ts';
import { WishWatch } from './wish-watch.ts';

const now = new Date().toISOString();
const report: Reported = {
  ...{ sensor: 's', node: 'n', version: '0', startedAt: now, reportedAt: now },
  ...{ observedGeneration: 0, interfaces: [], rssBytes: 1, cpuSeconds: 0, conditions: [] },
  spool: { bytes: 0, capacityBytes: 1, batches: 0 },
  counters: {
    ...{ kernelPackets: 0, kernelDrops: 0, decodedPackets: 0, decodedBytes: 0, invalidPackets: 0 },
    ...{ flowsTotal: 0, flowsActive: 0, flowsEvicted: 0, reassemblyGaps: 0, reassemblyDrops: 0 },
    ...{ eventsMade: 0, eventsDroppedQueue: 0, eventsSpooled: 0, eventsDroppedSpool: 0 },
    ...{ eventsPublished: 0, eventsAcknowledged: 0 },
  },
};

test('writes its key into a bucket with TTL, and hears wishes for its key only', async () => {
  await using nats = await startTestNats();
  const bus = new Bus({
    ...{ servers: [nats.url], name: 'test', replicas: 1, streamMaxBytes: 2 ** 27, log: silentLog },
    ...{ random: Math.random, onChange: () => undefined },
  });
  const heard: Desired[] = [];
  let withdrawn = 0;
  const reporter = new Reporter({
    ...{ bus, sensor: 's', node: 'n', replicas: 1, log: silentLog, report: () => report },
    onDesired: (desired) => heard.push(desired),
    onWithdrawn: () => {
      withdrawn += 1;
    },
  });
  await reporter.tick();
  bus.start();
  await until('the bus', () => bus.up);
  await reporter.tick();

  const connection = await connect({ servers: nats.url });
  const kvm = new Kvm(connection);
  const stored = await (await kvm.open(BUCKET_REPORTED)).get('s.n');
  expect(stored?.json()).toEqual(report);
  const { config } = await (await jetstreamManager(connection)).streams.info(
    `KV_${BUCKET_REPORTED}`,
  );
  expect(config).toMatchObject({ max_age: REPORTED_TTL_MS * 1e6, max_msgs_per_subject: 1 });

  const desired = await kvm.create(BUCKET_DESIRED);
  await desired.put('s.other', JSON.stringify({ generation: 9 }));
  await desired.put('s.n', JSON.stringify({ generation: 1 }));
  await reporter.tick();
  await until('the first wish', () => heard.length === 1);
  await desired.put('s.n', 'no json');
  await desired.put('s.n', JSON.stringify({ generation: -1 }));
  await desired.put('s.n', JSON.stringify({ generation: 2, engine: { maxFlows: 64 } }));
  await until('the second wish', () => heard.length === 2);
  expect(heard.map(({ generation }) => generation)).toEqual([1, 2]);
  expect(heard[1]?.engine).toEqual({ maxFlows: 64 });
  expect(withdrawn).toBe(0);
  await desired.delete('s.n');
  await until('the withdrawal', () => withdrawn === 1);
  await connection.close();
  await bus.close();
});

test('a wish is heard at once, each once; of a bucket made anew the first; none is kept by the server', async () => {
  await using nats = await startTestNats();
  const connection = await connect({ servers: nats.url });
  const kvm = new Kvm(connection);
  const heard: (string | undefined)[] = [];
  const faults: unknown[] = [];
  const watch = new WishWatch({
    ...{ connection, key: 's.n', onWish: (text) => heard.push(text) },
    onFault: (error) => faults.push(error),
  });
  await watch.look();
  expect([heard.length, faults.length]).toEqual([0, 1]);
  const first = await kvm.create(BUCKET_DESIRED);
  for (const text of ['1', '2', '3']) {
    await first.put('s.n', text);
    await until(`wish ${text}`, () => heard.at(-1) === text);
  }
  await Promise.all([watch.look(), watch.look()]);
  expect(heard).toEqual(['1', '2', '3']);
  // What the bucket refuses is heard by subscribers, and is no wish.
  connection.publish(`$KV.${BUCKET_DESIRED}.s.n`, '4', {
    headers: expecting({ lastSequence: 1 }),
  });
  await connection.flush();
  await watch.look();
  expect(heard).toEqual(['1', '2', '3']);
  const manager = await jetstreamManager(connection);
  const stream = `KV_${BUCKET_DESIRED}`;
  expect((await manager.streams.info(stream)).state.consumer_count).toBe(0);

  await manager.streams.delete(stream);
  await watch.look();
  expect(heard).toHaveLength(3);
  const second = await kvm.create(BUCKET_DESIRED);
  await second.put('s.n', 'anew');
  await until('the wish of the new bucket', () => heard.length === 4);
  await second.delete('s.n');
  await until('the withdrawal', () => heard.length === 5);
  expect(heard.slice(3)).toEqual(['anew', undefined]);
  await connection.close();
});

function expecting({ lastSequence }: { readonly lastSequence: number }) {
  const given = headers();
  given.set('Nats-Expected-Last-Sequence', `${lastSequence}`);
  return given;
}
