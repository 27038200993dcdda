// scripts/kind-up on machines as they are: without docker, with a cluster, with a step that fails. docker, kind and kubectl
// are programs that write down how they were called; what they would do is theirs.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '#testkit/temporary.ts';
import { imageName } from './main.ts';

const kRoot = join(import.meta.dirname, '../..');

/** Runs it with these programs alone beside those of a bare system; what they were called with. */
function kindUp(args: readonly string[], programs: Readonly<Record<string, string>>) {
  using directory = temporaryDirectory('netmoth-kind');
  const log = join(directory.path, 'calls');
  for (const [name, body] of Object.entries(programs)) {
    const path = join(directory.path, name);
    writeFileSync(path, `#!/bin/sh\necho "${name} $*" >> ${log}\n${body}\n`);
    chmodSync(path, 0o755);
  }
  const { status, stdout, stderr } = spawnSync(join(kRoot, 'scripts/kind-up'), args, {
    encoding: 'utf8',
    env: { PATH: `${directory.path}:/usr/bin:/bin`, HOME: directory.path },
  });
  const calls = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
  return { status, stdout, stderr, calls };
}

test('says what is missing before it does anything', () => {
  const { status, stderr, calls } = kindUp([], { docker: 'exit 1', kind: '', kubectl: 'exit 1' });
  expect(status).toBe(69);
  expect(stderr).toMatch(/needs docker, running \(https.*\), kubectl \(https.*npm run e2e/);
  expect(stderr).not.toMatch(/kind \(/);
  expect(calls).toEqual(['docker info', 'kind version', 'kubectl version --client']);
});

test('builds, makes a cluster where there is none, installs, and waits for a sensor', () => {
  const { status, stdout, calls } = kindUp([], { docker: '', kind: '', kubectl: '' });
  expect(status).toBe(0);
  const image = imageName();
  const order = [
    `docker build -f deploy/images/Dockerfile -t ${image} .`,
    'kind create cluster --name netmoth',
    `kind load docker-image ${image} --name netmoth`,
    'kubectl --context kind-netmoth apply --server-side -k deploy/overlays/kind',
    'kubectl --context kind-netmoth apply -f docs/samples/sensor.yaml',
    'kubectl --context kind-netmoth wait --for=condition=Reporting nms/edge',
  ];
  const places = order.map((start) => calls.findIndex((call) => call.startsWith(start)));
  expect(places).not.toContain(-1);
  expect(places.toSorted((a, b) => a - b)).toEqual(places);
  expect(stdout).toContain('scripts/kind-up --down');
  for (const path of [
    'deploy/images/Dockerfile',
    'deploy/overlays/kind',
    'docs/samples/sensor.yaml',
  ]) {
    expect(existsSync(join(kRoot, path)), path).toBe(true);
  }
  // What is deployed is what was built.
  expect(readFileSync(join(kRoot, 'deploy/base/netmoth.yaml'), 'utf8')).toContain(
    `image: ${image}`,
  );
});

test('goes on with the cluster that is there; a step that fails ends it', () => {
  const kind = 'test "$1" = get && echo netmoth; exit 0';
  const again = kindUp([], { docker: '', kind, kubectl: '' });
  expect(again.status).toBe(0);
  expect(again.calls.some((call) => call.startsWith('kind create'))).toBe(false);
  const kubectl = 'case "$*" in *overlays*) exit 3;; esac';
  const failed = kindUp([], { docker: '', kind, kubectl });
  expect([failed.status, failed.stderr]).toEqual([1, expect.stringContaining('ended with 3')]);
  expect(failed.calls.some((call) => call.includes('samples'))).toBe(false);
});

test('removes the cluster, and takes no other word', () => {
  const programs = { docker: '', kind: '', kubectl: '' };
  expect(kindUp(['--down'], programs).calls.at(-1)).toBe('kind delete cluster --name netmoth');
  const { status, calls } = kindUp(['--up'], programs);
  expect([status, calls]).toEqual([64, []]);
});
