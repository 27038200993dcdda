// What a person does with a sensor that runs: changes it, gives it other rules, takes them back, gives it rules that
// storm. Invariant: what is waited for is what `kubectl wait` would see.
import { readdirSync, readFileSync } from 'node:fs';
import { kubectl, NAMESPACE, untilCondition } from './installation.ts';
import { sensorProcess } from './sensing.ts';
import { type Steps, until } from './steps.ts';
import type { World } from './world.ts';

const kWaitMs = 120_000;
const kSensor = 'nms/edge';
const kSet = 'sigset/own';
const kRules = {
  more: 'alert http any any -> any any (msg:"More"; http.method; content:"GET"; sid:1000003; rev:1;)',
  storm: 'alert tcp any any -> any any (msg:"Storm"; flags:A+; sid:1000004; rev:1;)',
} as const;

export async function checkUpdates(world: World, { step }: Steps): Promise<void> {
  await step('a live setting restarts nothing', async () => {
    const before = await sensorPods(world);
    await patch(world, kSensor, { logLevel: 'debug' });
    await untilReason(world, kSensor, { type: 'Progressing', reason: 'Complete' });
    mustBe('the pods', before, await sensorPods(world));
  });
  await step('a filter rolls the DaemonSet, to Complete', async () => {
    const before = await sensorPods(world);
    await patch(world, kSensor, { capture: { bpfFilter: 'not port 6443' } });
    await untilReason(world, kSensor, { type: 'Progressing', reason: 'Complete' });
    const after = await sensorPods(world);
    if (after === before) throw new Error(`no pod was replaced: ${after}`);
    for (const type of ['Available', 'Reporting', 'SignaturesCurrent']) {
      await untilCondition(world, kSensor, type);
    }
  });
}

export async function checkRollOuts(world: World, { step }: Steps): Promise<void> {
  const first = await targetOf(world);
  await step('other rules roll out to Complete', async () => {
    await patch(world, kSet, {
      source: { inline: { rules: kRules.more } },
      rollout: { soakSeconds: 2 },
    });
    await untilReason(world, kSet, { type: 'Progressing', reason: 'Complete' });
    const { target, current, active } = await setStatus(world);
    mustBe('current', target, current);
    if (target === first || active !== 1) throw new Error(`target ${target}, active ${active}`);
    await untilCondition(world, kSensor, 'SignaturesCurrent');
  });
  await step('and back to the revision before', async () => {
    await patch(world, kSet, { pinnedRevision: first });
    await untilReason(world, kSet, { type: 'Progressing', reason: 'Pinned' });
    await until('the first revision', kWaitMs, async () => {
      const { current } = await setStatus(world);
      if (current !== first) throw new Error(`current is ${current}`);
      return true;
    });
    await untilCondition(world, kSensor, 'SignaturesCurrent');
  });
  await step(
    'rules that storm are rolled back, and the status says which node and how much',
    async () => {
      await patch(world, kSet, {
        ...{ pinnedRevision: null, source: { inline: { rules: kRules.storm } } },
        rollout: { soakSeconds: 120, abort: { alertFactor: 3 } },
      });
      await until('the breach', kWaitMs, async () => {
        const { breach } = await setStatus(world);
        if (breach?.gate !== 'alertFactor') throw new Error(JSON.stringify(breach));
        if (!breach.node.includes('node-1')) throw new Error(breach.node);
        console.log(`      ${breach.gate} ${breach.node}: ${breach.figure}`);
        return true;
      });
      await untilReason(world, kSet, { type: 'Progressing', reason: 'RolledBack' });
    },
  );
}

/** A node that was taken over holds this token: it is for NATS, and the API server takes it for nothing. */
export async function checkNoApi({ cluster }: World, { step }: Steps): Promise<void> {
  await step('no sensor can call the Kubernetes API', async () => {
    const root = `/proc/${sensorProcess()}/root`;
    const folders = readdirSync(`${root}/var/run/secrets`);
    mustBe('secrets of the pod', folders.join(), 'netmoth.io');
    const token = readFileSync(`${root}/var/run/secrets/netmoth.io/token`, 'utf8');
    for (const path of ['/api/v1/nodes', `/api/v1/namespaces/${NAMESPACE}/secrets`, '/apis']) {
      const { status } = await cluster.request('GET', path, undefined, token);
      mustBe(path, status, 401);
    }
    const account = `system:serviceaccount:${NAMESPACE}:netmoth-sensor-edge`;
    const asked = ['auth', 'can-i', '--list', '-n', NAMESPACE, '--as', account];
    const { stdout } = await cluster.kubectl([...asked, '--no-headers']);
    const resources = stdout.split('\n').filter((line) => /^[a-z]/.test(line));
    // Everybody may ask about themselves.
    const beyond = resources.filter((line) => !/^self[a-z]+\./.test(line));
    mustBe('rights', beyond.join('\n'), '');
  });
}

function mustBe(what: string, found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${what}: ${found}, not ${wanted}`);
}

async function patch(world: World, what: string, spec: object): Promise<void> {
  await kubectl(world, ['patch', what, '--type=merge', '-p', JSON.stringify({ spec })]);
}

/** The condition of the spec as it is now. */
async function untilReason(
  world: World,
  what: string,
  { type, reason }: { readonly type: string; readonly reason: string },
): Promise<void> {
  await until(`${what} ${type} ${reason}`, kWaitMs, async () => {
    const { metadata, status } = JSON.parse(await kubectl(world, ['get', what, '-o', 'json']));
    if (status.observedGeneration !== metadata.generation) throw new Error('not looked at yet');
    const found = status.conditions.find((each: { type: string }) => each.type === type);
    if (found?.reason !== reason) throw new Error(JSON.stringify(found));
    return true;
  });
}

/** By uid: a pod that was replaced is another. */
async function sensorPods(world: World): Promise<string> {
  const labels = ['-l', 'netmoth.io/sensor=edge', '-o', 'jsonpath={.items[*].metadata.uid}'];
  return kubectl(world, ['-n', NAMESPACE, 'get', 'pods', ...labels]);
}

interface SetStatus {
  readonly target?: string;
  readonly current?: string;
  readonly active?: number;
  readonly breach?: { readonly gate: string; readonly node: string; readonly figure: string };
}
async function setStatus(world: World): Promise<SetStatus> {
  return JSON.parse(await kubectl(world, ['get', kSet, '-o', 'json'])).status;
}

async function targetOf(world: World): Promise<string> {
  const { target } = await setStatus(world);
  if (target === undefined) throw new Error('the set has no target');
  return target;
}
