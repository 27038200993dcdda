// What stands before Netmoth is installed: images, a control plane with one real node, the world outside, names, and
// PostgreSQL. Invariant: it is called in the namespaces that scripts/e2e.mjs makes, and leaves the end of all of
// it to them.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PostgresServer, startPostgresServer } from '#cli/processes/postgres-server.ts';
import { startTestCluster, type TestCluster } from '#testkit/kubernetes/cluster.ts';
import { startClusterDns } from '#testkit/kubernetes/cluster-dns.ts';
import { POD_CIDR } from '#testkit/kubernetes/node-files.ts';
import { makeNatsImage, makePauseImage } from '#testkit/kubernetes/node-images.ts';
import { NODE_ADDRESS, startOutsideWorld } from '#testkit/kubernetes/outside-world.ts';
import { type RealNode, startRealNode } from '#testkit/kubernetes/real-node.ts';
import { makeImage } from '../image/main.ts';
import type { Steps } from './steps.ts';

export interface World {
  readonly cluster: TestCluster;
  readonly node: RealNode;
  readonly postgres: PostgresServer;
}

/** The name by which containerd finds what the chart calls netmoth/netmoth. */
const kImage = 'docker.io/netmoth/netmoth:0.1.0';
/** Programs of a node write there whatever they are told; it must not stay on this machine. */
const kNodeFolders = [
  ...['/run/netns', '/run/containerd', '/var/lib/cni', '/var/lib/kubelet', '/var/log/containers'],
];
const kNatsStorage = '20Gi';

export async function startWorld(folder: string, { step }: Steps): Promise<World> {
  for (const path of kNodeFolders) {
    mkdirSync(path, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', path]);
  }
  const image = (name: string): string => join(folder, `${name}.tar`);
  await step('images are assembled without docker', async () => {
    await makeImage(image('netmoth'), kImage);
    await makeNatsImage(image('nats'));
    await makePauseImage(image('pause'));
  });
  await startOutsideWorld();
  const postgres = await step('PostgreSQL runs beside the cluster', () => startDatabase(folder));
  const cluster = await step('the control plane is ready', async () => {
    const started = await startTestCluster({ address: NODE_ADDRESS });
    await started.startControllers();
    return started;
  });
  await startClusterDns(cluster, NODE_ADDRESS);
  const node = await step('the node is Ready: containerd, kubelet, kube-proxy', () =>
    startRealNode({
      ...{ cluster, directory: join(folder, 'node'), address: NODE_ADDRESS },
      images: ['pause', 'nats', 'netmoth'].map(image),
    }),
  );
  await giveStorage(cluster, join(folder, 'nats-data'));
  return { cluster, node, postgres };
}

async function startDatabase(folder: string): Promise<PostgresServer> {
  const rules = join(folder, 'pg_hba.conf');
  writeFileSync(
    rules,
    [POD_CIDR, `${NODE_ADDRESS}/32`].map((from) => `host all all ${from} scram-sha-256\n`).join(''),
  );
  const server = await startPostgresServer({
    ...{ dataDir: join(folder, 'postgres'), host: NODE_ADDRESS, port: 5432 },
    ...{ user: 'postgres', password: 'netmoth-e2e' },
    settings: { fsync: 'off', shared_buffers: '64MB', hba_file: rules },
  });
  await server.ready();
  return server;
}

/** There is no provisioner: the one volume that the chart claims is a folder of the node. */
async function giveStorage(cluster: TestCluster, path: string): Promise<void> {
  mkdirSync(path, { mode: 0o777 });
  execFileSync('chmod', ['0777', path]);
  await cluster.request('POST', '/api/v1/persistentvolumes', {
    metadata: { name: 'nats' },
    spec: {
      capacity: { storage: kNatsStorage },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path },
    },
  });
}
