// What the sensor of the node is for: it sees another pod's traffic, its alert is stored with that pod's name, and it
// is back by itself when it was killed.
import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { OUTSIDE_ADDRESS } from '#testkit/kubernetes/outside-world.ts';
import { kEntrypoint } from '../image/rootfs.ts';
import { kubectl, NAMESPACE, untilCondition } from './installation.ts';
import { type Steps, until } from './steps.ts';
import type { World } from './world.ts';

/** Of docs/samples/signatures.yaml: "Download by wget". */
const kSid = 1_000_001;
const kWaitMs = 90_000;
const kNode = 'nmn/edge.node-1';
const kShop = 'shop';
const kRequests = `setInterval(() => {
  const headers = { 'user-agent': 'Wget/1.21.4' };
  require('node:http').get({ host: '${OUTSIDE_ADDRESS}', headers, agent: false }, (response) => response.resume())
    .on('error', (error) => console.error(error.message));
}, 1000);`;

/** What was seen before the sensor was killed. */
export interface Seen {
  readonly startedAt: string;
  readonly pod: string;
}

export async function checkSensing(world: World, { step }: Steps): Promise<Seen> {
  const client = await step('a pod asks a server outside', () => startClient(world));
  await step(`its alert is in PostgreSQL, with ${kShop}/${client.name} by its address`, () =>
    until('the alert', kWaitMs, () => alertOf(world, client, new Date(0))),
  );
  const startedAt = await step(
    'kubectl get nmn shows the node and what it has loaded',
    async () => {
      await untilCondition(world, kNode, 'SignaturesCurrent');
      const shown = await kubectl(world, ['get', kNode]);
      console.log(shown.trimEnd().replace(/^/gm, '      '));
      const status = await nodeStatus(world);
      const found = shown.split('\n')[1]?.split(/\s+/).slice(0, -1).join(' ');
      const wanted = ['edge.node-1', 'node-1', 'edge', 'True', '0%', status.signatures].join(' ');
      if (found !== wanted) throw new Error(`it shows ${found}, not ${wanted}`);
      return status.startedAt;
    },
  );
  return { startedAt, pod: client.name };
}

export async function checkHealing(world: World, seen: Seen, { step }: Steps): Promise<void> {
  const killed = new Date();
  await step('the sensor is killed with SIGKILL, which Kubernetes sees', async () => {
    process.kill(sensorProcess(), 'SIGKILL');
    await until('the restart', kWaitMs, async () => {
      const [status] = (await sensorPod(world)).status.containerStatuses;
      if (status.restartCount !== 1) throw new Error(`restartCount ${status.restartCount}`);
      const { exitCode } = status.lastState.terminated;
      if (exitCode !== 137) throw new Error(`exit code ${exitCode}`);
      return true;
    });
  });
  await step('it is back: another start in its status, and its signatures', async () => {
    await until('another start', kWaitMs, async () => {
      const { startedAt } = await nodeStatus(world);
      return new Date(startedAt) > new Date(seen.startedAt) || undefined;
    });
    for (const type of ['Reporting', 'CaptureHealthy', 'SignaturesCurrent']) {
      await untilCondition(world, kNode, type);
    }
  });
  await step('and alerts again', async () => {
    const [pod] = await podsOf(world, kShop, 'app=web');
    const client = { name: seen.pod, address: pod.status.podIP };
    // Not one that waited in the spool: of a packet that came after the kill, once it was back.
    const { startedAt } = await nodeStatus(world);
    const since = new Date(Math.max(killed.getTime(), Date.parse(startedAt)));
    await until('the alert', kWaitMs, () => alertOf(world, client, since));
  });
}

interface Client {
  readonly name: string;
  readonly address: string;
}

/** Of our own image, the only one there is: Node as an HTTP client, every second. */
async function startClient(world: World): Promise<Client> {
  await kubectl(world, ['create', 'namespace', kShop]);
  const labels = { app: 'web' };
  const [program] = kEntrypoint;
  const container = {
    ...{ name: 'web', image: 'netmoth/netmoth:0.1.0', imagePullPolicy: 'Never' },
    command: [program, '-e', kRequests],
  };
  const deployment = {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: kShop } },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [container], automountServiceAccountToken: false },
      },
    },
  };
  await kubectl(world, ['apply', '-f', '-'], JSON.stringify(deployment));
  return until('the pod', kWaitMs, async () => {
    const [pod] = await podsOf(world, kShop, 'app=web');
    if (pod?.status.phase !== 'Running') throw new Error(JSON.stringify(pod?.status));
    return { name: pod.metadata.name, address: pod.status.podIP };
  });
}

/** The newest since then, when it says whose it was; another is told and waited out. */
async function alertOf(
  { postgres }: World,
  client: Client,
  since: Date,
): Promise<object | undefined> {
  const connection = new pg.Client({ connectionString: postgres.url('netmoth') });
  await connection.connect();
  try {
    const { rows } = await connection.query(
      `SELECT time, sensor, node, host(dest_ip) AS dest_ip, kubernetes, event -> 'http' AS http FROM alerts
       WHERE signature_id = $1 AND src_ip = $2 AND time > $3 ORDER BY time DESC LIMIT 1`,
      [kSid, client.address, since],
    );
    const [alert] = rows;
    if (alert === undefined) return undefined;
    const { namespace, pod, node } = alert.kubernetes?.src ?? {};
    const found = [alert.sensor, alert.node, alert.dest_ip, namespace, pod, node];
    const wanted = ['edge', 'node-1', OUTSIDE_ADDRESS, kShop, client.name, 'node-1'];
    if (found.join(' ') !== wanted.join(' ')) throw new Error(JSON.stringify(alert));
    return alert;
  } finally {
    await connection.end();
  }
}

async function nodeStatus(world: World): Promise<{ startedAt: string; signatures?: string }> {
  return JSON.parse(await kubectl(world, ['get', kNode, '-o', 'json'])).status;
}

// biome-ignore lint/suspicious/noExplicitAny: a run looks where it knows there is something.
async function podsOf(world: World, namespace: string, labels: string): Promise<any[]> {
  const args = ['-n', namespace, 'get', 'pods', '-l', labels, '-o', 'json'];
  return JSON.parse(await kubectl(world, args)).items;
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
async function sensorPod(world: World): Promise<any> {
  const pods = await podsOf(world, NAMESPACE, '');
  const found = pods.find(({ metadata }) => metadata.name.startsWith('netmoth-sensor-edge-'));
  if (found === undefined) throw new Error('there is no pod of the sensor');
  return found;
}

/** Its process as this machine sees it: processes of containers are below ours. */
export function sensorProcess(): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words.includes(kEntrypoint[1] ?? '') && words.includes('sensor');
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error('no process of the sensor was found');
  return Number(found);
}
