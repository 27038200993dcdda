// What the API server itself does with our kinds: which specs it takes, what it fills in, and the very
// sentence with which it refuses each wrong field.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startTestCluster, type TestCluster } from '#testkit/kubernetes/cluster.ts';
import { MANIFESTS_DIR } from './generate.ts';
import { KINDS } from './kinds.ts';
import { sensorSpecSchema } from './sensor.ts';
import { signatureSetSpecSchema } from './signature-set.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
  await cluster.applyDefinitions(MANIFESTS_DIR);
});
afterAll(() => cluster?.stop());

type Spec = Readonly<Record<string, unknown>>;
const kRoot = '/apis/netmoth.io/v1alpha1';
const kMeta = { apiVersion: 'netmoth.io/v1alpha1' };

/** What was answered to all of them, for the sentences of the CRDs' own rules. */
const answers: string[] = [];

async function tried(kind: string, plural: string, spec: Spec, name = 'x') {
  const { status, body } = await cluster.request('POST', `${kRoot}/${plural}?dryRun=All`, {
    ...{ ...kMeta, kind, metadata: { name }, spec },
  });
  const message = String(body.message ?? '');
  answers.push(message);
  return { status, message, object: body };
}
const triedSensor = (spec: Spec, name?: string) =>
  tried('NetmothSensor', 'netmothsensors', spec, name);
const rules = 'alert tcp any any -> any any (msg:"x"; sid:1;)';
const triedSet = (spec: Spec) =>
  tried('SignatureSet', 'signaturesets', { source: { inline: { rules } }, ...spec });

/** [field, a spec in which only that field is wrong, what the API server says] */
type Refusal = readonly [field: string, spec: Spec, message: RegExp];

const memory = (limit: string): Spec => ({ resources: { limits: { memory: limit } } });
const kSensorRefusals: readonly Refusal[] = [
  ['image', { image: '' }, /spec\.image.*at least 1 chars/],
  ['imagePullPolicy', { imagePullPolicy: 'Sometimes' }, /Unsupported value: "Sometimes"/],
  ['imagePullSecrets', { imagePullSecrets: [{}] }, /imagePullSecrets\[0\]\.name: Required value/],
  ['capture.strategy', { capture: { strategy: 'magic' } }, /supported values: "auto", "afPacket"/],
  [
    'capture.interfaces',
    { capture: { interfaces: Array.from({ length: 17 }, (_, i) => `e${i}`) } },
    /must have at most 16 items/,
  ],
  [
    'capture.interfaces name',
    { capture: { interfaces: ['a-name-of-16-chr'] } },
    /interfaces\[0\].*may not be more than 15/,
  ],
  ['capture.bpfFilter', { capture: { bpfFilter: 'x'.repeat(4097) } }, /bpfFilter.*4096/],
  ['capture.promiscuous', { capture: { promiscuous: 'yes' } }, /promiscuous.*must be of type bool/],
  ['capture.workers', { capture: { workers: 0 } }, /workers.*greater than or equal to 1/],
  ['capture.workers', { capture: { workers: 65 } }, /workers.*less than or equal to 64/],
  ['capture.ringSizeMiB', { capture: { ringSizeMiB: 8192 } }, /ringSizeMiB.*equal to 4096/],
  ['engine.maxFlows', { engine: { maxFlows: 1 } }, /maxFlows.*greater than or equal to 64/],
  ['engine.reassemblyMiB', { engine: { reassemblyMiB: 0 } }, /reassemblyMiB.*equal to 1/],
  ['engine.defragMiB', { engine: { defragMiB: 5000 } }, /defragMiB.*equal to 4096/],
  ['engine.snapLength', { engine: { snapLength: 10 } }, /snapLength.*equal to 64/],
  [
    'engine.checksums',
    { engine: { checksums: 'guess' } },
    /supported values: "validate", "ignore"/,
  ],
  ['engine.midstream', { engine: { midstream: 1 } }, /midstream.*must be of type boolean/],
  ['engine.dnsVersion', { engine: { dnsVersion: 4 } }, /dnsVersion.*less than or equal to 3/],
  ['engine.statsIntervalSeconds', { engine: { statsIntervalSeconds: 0 } }, /equal to 1/],
  ['engine.disabledProtocols', { engine: { disabledProtocols: [''] } }, /disabledProtocols\[0\]/],
  [
    'engine.timeouts, in themselves',
    { engine: { timeouts: { tcpNewSeconds: 900 } } },
    /tcpNewSeconds is above tcpEstablishedSeconds: an established connection would end before/,
  ],
  [
    'engine.timeouts for UDP',
    { engine: { timeouts: { udpNewSeconds: 301 } } },
    /udpNewSeconds is above udpEstablishedSeconds: a conversation would end/,
  ],
  ['engine.timeouts.icmpSeconds', { engine: { timeouts: { icmpSeconds: 0 } } }, /icmpSeconds/],
  ['outputs.spoolMiB', { outputs: { spoolMiB: 1 } }, /spoolMiB.*greater than or equal to 8/],
  ['outputs.memoryMiB', { outputs: { memoryMiB: 0 } }, /memoryMiB/],
  ['outputs.batchMaxMs', { outputs: { batchMaxMs: 1 } }, /batchMaxMs/],
  ['outputs.alertMaxMs', { outputs: { alertMaxMs: 0 } }, /alertMaxMs/],
  ['nodeSelector', { nodeSelector: { a: 'x'.repeat(64) } }, /nodeSelector/],
  ['tolerations', { tolerations: [{ operator: 'Maybe' }] }, /supported values: "Exists", "Equal"/],
  ['resources', memory('lots'), /resources\.limits\.memory.*should match/],
  [
    'resources against the rest of the spec',
    memory('128Mi'),
    /resources\.limits\.memory is not above what the spec itself asks for: capture\.workers ×/,
  ],
  ['update.maxUnavailable', { update: { maxUnavailable: '0%' } }, /count of nodes from 1 on/],
  ['update.maxUnavailable', { update: { maxUnavailable: 0 } }, /percentage from "1%" to "100%"/],
  ['update.pauseOnLoss', { update: { pauseOnLoss: 0 } }, /pauseOnLoss.*equal to 1/],
  ['metricsPort', { metricsPort: 80 }, /metricsPort.*greater than or equal to 1024/],
  ['logLevel', { logLevel: 'loud' }, /Unsupported value: "loud"/],
  ['suspend', { suspend: 'no' }, /suspend.*must be of type boolean/],
];

const http = (source: Spec): Spec => ({ source: { http: source } });
const step = (...steps: readonly Spec[]): Spec => ({ rollout: { steps } });
const kDigest = `sha256:${'0'.repeat(64)}`;
const kSetRefusals: readonly Refusal[] = [
  ['source, none', { source: {} }, /give exactly one source: inline, configMapRef, oci or http/],
  [
    'source, two',
    { source: { inline: { rules }, configMapRef: { name: 'a' } } },
    /give exactly one source/,
  ],
  ['source.inline', { source: { inline: { rules: '' } } }, /inline\.rules/],
  [
    'verification of inline rules',
    { verification: { publicKey: '-----BEGIN PUBLIC KEY-----' } },
    /who writes inline rules writes the key beside them/,
  ],
  [
    'verification.publicKey',
    { source: { configMapRef: { name: 'a' } }, verification: { publicKey: 'ssh-ed25519 AAAA' } },
    /publicKey must be a public key in PEM/,
  ],
  ['source.configMapRef', { source: { configMapRef: {} } }, /configMapRef\.name: Required/],
  [
    'source.oci by tag',
    { source: { oci: { reference: 'ghcr.io/acme/rules:latest' } } },
    /an OCI reference must name its digest/,
  ],
  ['source.http plain', http({ url: 'http://rules.example/a' }), /anybody on the way may change/],
  [
    'source.http scheme',
    http({ url: 'ftp://rules.example/a', sha256: kDigest }),
    /must begin with/,
  ],
  ['source.http sha256', http({ url: 'https://a.example', sha256: 'abc' }), /sha256.*should match/],
  ['source.http interval', http({ url: 'https://a.example', intervalSeconds: 1 }), /equal to 60/],
  ['variables', { variables: { HOME_NET: 'x'.repeat(4097) } }, /variables\.HOME_NET/],
  ['enable and disable', { enable: [7], disable: [7] }, /a sid stands in both enable and disable/],
  ['disable', { disable: [0] }, /disable\[0\]/],
  ['priority', { priority: 5000 }, /priority.*less than or equal to 1000/],
  [
    'sensorSelector',
    { sensorSelector: { matchExpressions: [{ key: 'a', operator: 'Is' }] } },
    /sensorSelector\.matchExpressions\[0\]\.operator/,
  ],
  ['rollout.steps, both', step({ percent: 1, nodes: 1 }), /give either percent or nodes/],
  ['rollout.steps, none', step({}), /a step says how far it goes/],
  ['rollout.steps, mixed', step({ percent: 1 }, { nodes: 2 }), /all steps count the same way/],
  ['rollout.steps back', step({ percent: 50 }, { percent: 10 }), /goes less far than the one/],
  ['rollout.steps back', step({ nodes: 5 }, { nodes: 1 }), /step in nodes goes less far/],
  ['rollout.canaryNodes', { rollout: { canaryNodes: -1 } }, /canaryNodes/],
  ['rollout.maxInProgress', { rollout: { maxInProgress: '200%' } }, /maxInProgress is a count/],
  ['rollout.soakSeconds', { rollout: { soakSeconds: -1 } }, /soakSeconds/],
  ['rollout.abort.failedLoads', { rollout: { abort: { failedLoads: 0 } } }, /failedLoads/],
  ['rollout.abort.lossPercent', { rollout: { abort: { lossPercent: 101 } } }, /lossPercent/],
  ['rollout.abort.alertFactor', { rollout: { abort: { alertFactor: 1 } } }, /alertFactor/],
  ['rollout.abort.memoryMiB', { rollout: { abort: { memoryMiB: 1 } } }, /memoryMiB.*equal to 64/],
  ['rollout.abort.cpuPercent', { rollout: { abort: { cpuPercent: 0 } } }, /cpuPercent.*equal to 1/],
  ['rollout.abort.restarts', { rollout: { abort: { restarts: 0 } } }, /restarts.*equal to 1/],
  ['rollout.promote', { rollout: { promote: '' } }, /promote.*at least 1 chars/],
  ['maxFaults', { maxFaults: '101%' }, /maxFaults is a count of rules from 0 on, or a percentage/],
  ['maxFaults', { maxFaults: -1 }, /maxFaults is a count of rules/],
  ['thresholds', { thresholds: 'x'.repeat(65_537) }, /thresholds.*65536/],
  ['pinnedRevision', { pinnedRevision: '' }, /pinnedRevision/],
  ['historyLimit', { historyLimit: 0 }, /historyLimit/],
];

describe('NetmothSensor', () => {
  it('is complete after the API server filled it in, exactly as the schema would', async () => {
    const { status, object } = await triedSensor({});
    expect(status).toBe(201);
    expect(object.spec).toEqual(sensorSpecSchema.parse({}));
  });

  it.each(kSensorRefusals)('%s: %j is refused with a sentence', async (_field, spec, message) => {
    const answer = await triedSensor(spec);
    expect(answer.message).toMatch(message);
    expect(answer.status).toBe(422);
  });

  it('takes limits that fit, and counts of nodes', async () => {
    const spec = { ...memory('1Gi'), update: { maxUnavailable: 3 } };
    expect(await triedSensor(spec)).toMatchObject({ status: 201 });
  });

  it.each(['a.b', 'x'.repeat(41)])('the name %s is refused', async (name) => {
    const answer = await triedSensor({}, name);
    expect(answer.message).toMatch(
      /becomes part of other names: at most 40 characters and no dots/,
    );
  });

  it('an unknown field is warned about by kubectl', async () => {
    const manifest = JSON.stringify({
      ...{ ...kMeta, kind: 'NetmothSensor', metadata: { name: 'x' }, spec: { kapture: {} } },
    });
    const args = ['apply', '--dry-run=server', '--validate=warn', '-f', '-'];
    const { stderr } = await cluster.kubectl(args, manifest);
    expect(stderr).toContain('unknown field "spec.kapture"');
  });
});

describe('SignatureSet', () => {
  it('is complete after the API server filled it in, exactly as the schema would', async () => {
    const source = { inline: { rules } };
    const { status, object } = await triedSet({});
    expect(status).toBe(201);
    expect(object.spec).toEqual(signatureSetSpecSchema.parse({ source }));
  });

  it.each(kSetRefusals)('%s: %j is refused with a sentence', async (_field, spec, message) => {
    const answer = await triedSet(spec);
    expect(answer.message).toMatch(message);
    expect(answer.status).toBe(422);
  });

  it.each([
    { configMapRef: { name: 'a' } },
    { oci: { reference: `ghcr.io/acme/rules@${kDigest}` } },
    { http: { url: 'http://rules.example/a', sha256: kDigest } },
  ])('the source %j is taken', async (source) => {
    expect(await triedSet({ source })).toMatchObject({ status: 201 });
  });
});

describe('NetmothSensorNode', () => {
  it('keeps its sensor and its node for life', async () => {
    const path = `${kRoot}/netmothsensornodes`;
    const spec = { sensor: 'edge', node: 'node-7' };
    const object = { ...kMeta, kind: 'NetmothSensorNode', metadata: { name: 'edge.node-7' }, spec };
    expect((await cluster.request('POST', path, object)).status).toBe(201);
    const changed = await cluster.request('PATCH', `${path}/edge.node-7`, {
      spec: { node: 'node-8' },
    });
    expect(changed.status).toBe(422);
    answers.push(changed.body.message);
    expect(changed.body.message).toMatch(/never changes its sensor or its node/);
  });
});

describe('the sentences of the rules', () => {
  it.each(['netmothsensors', 'signaturesets', 'netmothsensornodes'])(
    'of %s were all given above',
    (plural) => {
      const text = readFileSync(join(MANIFESTS_DIR, `${plural}.netmoth.io.yaml`), 'utf8');
      const sentences = sentencesOf(parse(text));
      expect(sentences.length).toBeGreaterThan(0);
      expect(sentences.filter((each) => !answers.some((answer) => answer.includes(each)))).toEqual(
        [],
      );
    },
  );
});

function sentencesOf(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { 'x-kubernetes-validations': own = [], ...rest } = node as {
    readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[];
  };
  return [...own.map(({ message }) => message), ...Object.values(rest).flatMap(sentencesOf)];
}

describe('kubectl', () => {
  const node = { sensor: 'edge', node: 'node-9' };
  const kShown = [
    ['nms', {}, 'NAME DESIRED READY REPORTING DEGRADED LOSS SIGNATURES AGE'],
    [
      'sigset',
      { source: { inline: { rules } } },
      'NAME TARGET CURRENT ACTIVE FAILED STEP AVAILABLE AGE',
    ],
    ['nmn', node, 'NAME NODE SENSOR REPORTING LOSS SIGNATURES AGE'],
  ] as const;

  it.each(kShown)('get %s shows its columns', async (shortName, spec, header) => {
    const kind = KINDS.find((each) => each.shortName === shortName);
    const object = { ...kMeta, kind: kind?.kind, metadata: { name: 'shown' }, spec };
    const made = await cluster.request('POST', `${kRoot}/${kind?.plural}`, object);
    expect(made.status).toBe(201);
    const { stdout } = await cluster.kubectl(['get', `${shortName}/shown`]);
    expect(stdout.split('\n')[0]?.trim().split(/ +/).join(' ')).toBe(header);
  });

  it('explains every field of a spec, each with words', async () => {
    for (const [shortName, needs] of [
      ['nms', ['ringSizeMiB', 'reassemblyMiB', 'spoolMiB', 'maxUnavailable']],
      ['sigset', ['configMapRef', 'soakSeconds', 'autoRollback', 'pinnedRevision']],
    ] as const) {
      const { stdout, ok } = await cluster.kubectl(['explain', `${shortName}.spec`, '--recursive']);
      expect(ok).toBe(true);
      for (const field of needs) expect(stdout).toContain(field);
    }
    const { stdout } = await cluster.kubectl(['explain', 'nms.spec.capture.ringSizeMiB']);
    expect(stdout).toContain('Ring memory per worker');
  });
});
