/**
 * scripts/kind-up: Netmoth on a kind cluster of this machine, from the image to a sensor that reports.
 *
 * Invariants: says what is missing before it does anything; each step can be done again, so a run that was stopped is
 * gone on with by starting it anew; touches no cluster but its own (the context kind-netmoth).
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const kRoot = join(import.meta.dirname, '../..');
const kCluster = 'netmoth';
const kNamespace = 'netmoth-system';
/** Exit status of sysexits.h: a service that is needed is not there. */
const kUnavailable = 69;
const kNeeded = {
  docker: 'https://docs.docker.com/engine/install',
  kind: 'https://kind.sigs.k8s.io/docs/user/quick-start',
  kubectl: 'https://kubernetes.io/docs/tasks/tools',
} as const;
const kNodes = `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes: [{ role: control-plane }, { role: worker }, { role: worker }]
`;
const kKubectl = ['kubectl', '--context', `kind-${kCluster}`] as const;
const kIn = ['--namespace', kNamespace] as const;

type Command = readonly [program: string, ...args: string[]];

/** The image that deploy/base names. */
export function imageName(): string {
  const chart = readFileSync(join(kRoot, 'charts/netmoth/Chart.yaml'), 'utf8');
  const version = /^appVersion: *"?([^"\s]+)/m.exec(chart)?.[1];
  if (version === undefined) throw new Error('charts/netmoth/Chart.yaml names no appVersion');
  return `netmoth/netmoth:${version}`;
}

function isThere([program, ...args]: Command): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** Programs that are missing or do not work, with where they come from. */
function missing(): string[] {
  const found: string[] = [];
  if (!isThere(['docker', 'info'])) found.push(`docker, running (${kNeeded.docker})`);
  if (!isThere(['kind', 'version'])) found.push(`kind (${kNeeded.kind})`);
  if (!isThere(['kubectl', 'version', '--client'])) found.push(`kubectl (${kNeeded.kubectl})`);
  return found;
}

function run([program, ...args]: Command, input = ''): Promise<void> {
  console.log(`\n$ ${[program, ...args].join(' ')}`);
  const child = spawn(program, args, { cwd: kRoot, stdio: ['pipe', 'inherit', 'inherit'] });
  // Some end before they have read what is for others.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ${args[0] ?? ''} ended with ${code}`));
    });
  });
}

function clusters(): string[] {
  const { stdout } = spawnSync('kind', ['get', 'clusters'], { encoding: 'utf8' });
  return stdout.split('\n').map((line) => line.trim());
}

async function up(): Promise<void> {
  const image = imageName();
  await run(['docker', 'build', '-f', 'deploy/images/Dockerfile', '-t', image, '.']);
  if (!clusters().includes(kCluster)) {
    const wait = ['--wait', '180s', '--config', '-'];
    await run(['kind', 'create', 'cluster', '--name', kCluster, ...wait], kNodes);
  }
  await run(['kind', 'load', 'docker-image', image, '--name', kCluster]);
  // Server-side, so that what is there already is no fault.
  await run([...kKubectl, 'apply', '--server-side', '-k', 'deploy/overlays/kind']);
  const established = ['--for=condition=Established', '--timeout=60s', '-f', 'crds/manifests'];
  await run([...kKubectl, 'wait', ...established]);
  for (const what of [
    'statefulset/netmoth-nats',
    'deploy/netmoth-operator',
    'deploy/netmoth-manager',
  ]) {
    await run([...kKubectl, ...kIn, 'rollout', 'status', what, '--timeout=300s']);
  }
  await run([...kKubectl, 'apply', '-f', 'docs/samples/sensor.yaml']);
  await run([...kKubectl, 'apply', '-f', 'docs/samples/signatures.yaml']);
  await run([...kKubectl, 'wait', '--for=condition=Reporting', 'nms/edge', '--timeout=300s']);
  await run([...kKubectl, 'get', 'nms,sigset,nmn']);
  console.log(`
The dashboard (user admin, password trial-admin):
  ${kKubectl.join(' ')} ${kIn.join(' ')} port-forward svc/netmoth-manager 8470:80
Gone with: scripts/kind-up --down`);
}

if (import.meta.main) {
  const [option, ...rest] = process.argv.slice(2);
  if (rest.length > 0 || (option !== undefined && option !== '--down')) {
    console.error('usage: scripts/kind-up [--down]');
    process.exitCode = 64;
  } else {
    const lacking = missing();
    if (lacking.length > 0) {
      console.error(`kind-up: needs ${lacking.join(', ')}; without docker: npm run e2e`);
      process.exitCode = kUnavailable;
    } else {
      const work =
        option === '--down' ? run(['kind', 'delete', 'cluster', '--name', kCluster]) : up();
      await work.catch((error: unknown) => {
        console.error(`kind-up: ${error instanceof Error ? error.message : error}`);
        process.exitCode = 1;
      });
    }
  }
}
