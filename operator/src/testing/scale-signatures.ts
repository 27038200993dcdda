// How long a SignatureSet takes to reach many nodes: `node operator/src/testing/scale-signatures.ts --nodes 1000`.
//
// A real API server, a real nats-server, the operator as a process, and for each node a NATS client of its
// own that watches its wish, fetches the bundle, and reports every 5 seconds and when it has loaded. No
// waves. Measured from `kubectl apply` of a new revision to the sensor's condition SignaturesCurrent.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { jetstream, StorageType } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { Objm } from '@nats-io/obj';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import {
  BUCKET_DESIRED,
  BUCKET_REPORTED,
  desiredSchema,
  nodeKey,
  REPORT_INTERVAL_MS,
  REPORTED_TTL_MS,
  toToken,
} from '#contracts/nats.ts';
import { OBJECT_STORE_SIGNATURES } from '#contracts/signature-store.ts';
import { NODES } from '../runtime/resource.ts';
import { condition, OperatorBed } from './operator-bed.ts';
import { sampleReport } from './sample-report.ts';

const kParallel = 32;
const kPatienceMs = 300_000;
const kSensor = 'edge';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '1000' },
    rules: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
  },
});
const digests = new Map<string, number>();
const names = Array.from({ length: Number(values.nodes) }, (_, index) => `node-${index}`);

await using bed = await OperatorBed.start({ controllers: false });
await inParallel(names, async (name) => {
  const labels = { 'kubernetes.io/os': 'linux' };
  await bed.client.create(NODES, { metadata: { name, labels } });
});
await makeBuckets();
const clients: NatsConnection[] = [];
await inParallel(names, async (name) => void clients.push(await startClient(name)));
console.log(`${clients.length} NATS clients`);
const operator = await bed.operator('bench', { leaseSeconds: 15 });
await bed.applySensor(kSensor, {});
await until(
  async () => (await bed.own('netmothsensors', kSensor))?.status?.reporting === names.length,
);

for (let round = 0; round < Number(values.rounds); round += 1) {
  const startedMs = performance.now();
  await bed.applySet('base', {
    source: { inline: { rules: rules(round, Number(values.rules)) } },
    rollout: { canaryNodes: 0, soakSeconds: 0, maxInProgress: '100%' },
  });
  await until(async () => {
    const [set, sensor] = await Promise.all([
      bed.own('signaturesets', 'base'),
      bed.own('netmothsensors', kSensor),
    ]);
    const { latest, current, active, digest } = set.status ?? {};
    const isNew = latest === current && digest !== undefined && seen(digest, round);
    return isNew && active === names.length && isCurrent(sensor);
  });
  const seconds = (performance.now() - startedMs) / 1_000;
  console.log(
    `revision ${round + 1}: SignaturesCurrent on ${names.length} nodes after ${seconds.toFixed(1)} s`,
  );
}
console.log(`API writes ${await operator.metric('api_writes_total')}`);
await Promise.all(clients.map((each) => each.close()));
process.exit(0);

function isCurrent(sensor: unknown): boolean {
  return condition(sensor, 'SignaturesCurrent') === 'True Current';
}

/** A digest counts for the round in which it is seen first. */
function seen(digest: string, round: number): boolean {
  const known = digests.get(digest) ?? round;
  digests.set(digest, known);
  return known === round;
}

function rules(round: number, count: number): string {
  return Array.from({ length: count }, (_, index) => {
    const text = `round-${round}-${index}`;
    return `alert tcp any any -> any 80 (msg:"${text}"; content:"${text}"; sid:${index + 1};)`;
  }).join('\n');
}

async function makeBuckets(): Promise<void> {
  const connection = await connect({ servers: bed.nats.url });
  const stream = jetstream(connection);
  await new Kvm(stream).create(BUCKET_REPORTED, {
    ...{ history: 1, ttl: REPORTED_TTL_MS, replicas: 1, storage: StorageType.Memory },
  });
  await new Kvm(stream).create(BUCKET_DESIRED, { storage: StorageType.File, history: 1 });
  await new Objm(stream).create(OBJECT_STORE_SIGNATURES, { storage: StorageType.File });
  await connection.close();
}

/** One node: as a sensor, with a connection of its own, but without an engine. */
async function startClient(name: string): Promise<NatsConnection> {
  const connection = await connect({ servers: bed.nats.url, timeout: 30_000 });
  const stream = jetstream(connection, { checkAPI: false, timeout: 60_000 });
  const reported = await new Kvm(stream).open(BUCKET_REPORTED);
  const desired = await new Kvm(stream).open(BUCKET_DESIRED);
  const store = await new Objm(stream).open(OBJECT_STORE_SIGNATURES);
  const key = nodeKey(kSensor, toToken(name));
  let digest: string | undefined;
  let packets = 0;
  const report = async (): Promise<void> => {
    packets += 1_000;
    const signatures = digest === undefined ? {} : { signatures: { state: 'active', digest } };
    const value = { ...sampleReport(kSensor, name, packets), ...signatures };
    await reported.put(key, JSON.stringify(value));
  };
  const follow = async (): Promise<void> => {
    for await (const entry of await desired.watch({ key })) {
      const wish = desiredSchema.safeParse(entry.operation === 'PUT' ? entry.json() : undefined);
      const wanted = wish.data?.signatures?.digest;
      if (wanted === undefined || wanted === digest) continue;
      const bundle = await store.getBlob(wanted);
      if (bundle === null) throw new Error(`${name}: no bundle ${wanted}`);
      digest = wanted;
      await report();
    }
  };
  void follow().catch((error: unknown) => {
    if (!connection.isClosed()) console.error(error);
  });
  const first = Math.random() * REPORT_INTERVAL_MS;
  setTimeout(() => {
    setInterval(() => void report().catch(() => undefined), REPORT_INTERVAL_MS);
  }, first);
  return connection;
}

async function inParallel(all: readonly string[], work: (name: string) => Promise<void>) {
  const left = all.values();
  const worker = async (): Promise<void> => {
    for (const name of left) await work(name);
  };
  await Promise.all(Array.from({ length: kParallel }, worker));
}

async function until(ask: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + kPatienceMs;
  while (!(await ask().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`not so after ${kPatienceMs} ms`);
    await sleep(100);
  }
}
