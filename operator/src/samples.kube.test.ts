// What the documentation tells people to apply is taken by a real API server, without a warning.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestCluster, type TestCluster } from '#testkit/kubernetes/cluster.ts';

const kRoot = join(import.meta.dirname, '../..');
const kSamples = join(kRoot, 'docs/samples');

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
  await cluster.applyDefinitions(join(kRoot, 'crds/manifests'));
});
afterAll(() => cluster?.stop());

it.each(readdirSync(kSamples))('%s is applied as it stands', async (name) => {
  const args = ['apply', '--dry-run=server', '--validate=strict', '-f', '-'];
  const { ok, stderr } = await cluster.kubectl(args, readFileSync(join(kSamples, name), 'utf8'));
  expect([ok, stderr]).toEqual([true, '']);
});
