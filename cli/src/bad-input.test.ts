/** Bad input: one clear line that says what and where and what to do, the right status, no stack. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ended, type RunOptions, runNetmoth, SAMPLE } from './testing/run-netmoth.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'netmoth-bad-input-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

function expectFailure(ended: Ended, status: number, message: RegExp): void {
  expect(ended.stderr).toMatch(message);
  expect(ended.stderr).not.toMatch(/^\s+at /m);
  const told = ended.stderr.split('\n').filter((line) => line.startsWith('netmoth: '));
  expect(told).toHaveLength(1);
  expect(ended.status).toBe(status);
}

const read = (path: string, eve: string) => runNetmoth(['read', path, '--quiet', '--eve', eve]);

test('read: a file that is not there', async () => {
  const ended = await read(join(dir, 'nothing.pcap'), join(dir, 'out'));
  expectFailure(ended, 2, /nothing\.pcap.*\[NM_CAPTURE_FILE_UNREADABLE\]/);
});

test('read: a file that is no capture', async () => {
  const ended = await read(
    file('text.pcap', 'this is not a capture\n'.repeat(10)),
    join(dir, 'out'),
  );
  expectFailure(ended, 2, /text\.pcap.*\[NM_CAPTURE_FILE_FORMAT\]/);
});

test('read: an empty file and a directory', async () => {
  expectFailure(await read(file('empty.pcap', ''), join(dir, 'out')), 2, /empty\.pcap/);
  expectFailure(await read(dir, join(dir, 'out')), 2, /NM_CAPTURE_FILE/);
});

test('read: of a cut-off file everything before the cut is written', async () => {
  const whole = join(dir, 'whole.ndjson');
  expect((await read(SAMPLE, whole)).status).toBe(0);
  const cut = file('cut.pcap', readFileSync(SAMPLE));
  truncateSync(cut, Math.floor(readFileSync(SAMPLE).length * 0.9) + 7);
  const out = join(dir, 'cut.ndjson');
  expectFailure(await read(cut, out), 2, /cut\.pcap.*\[NM_CAPTURE_FILE_TRUNCATED\]/);
  const protocolLines = (path: string) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => /"event_type":"(dns|dhcp|mdns)"/.test(line));
  const before = protocolLines(out);
  expect(before.length).toBeGreaterThan(50);
  expect(protocolLines(whole).slice(0, before.length)).toEqual(before);
});

test('read: output on a full disk, or where there is no folder', async () => {
  expectFailure(await read(SAMPLE, '/dev/full'), 74, /\/dev\/full.*space.*\[NM_OUTPUT_WRITE\]/i);
  const nowhere = join(dir, 'no', 'such', 'folder');
  expectFailure(await read(SAMPLE, nowhere), 74, /no\/such\/folder.*\[NM_OUTPUT_WRITE\]/);
});

test('read: a misspelt setting names the nearest one', async () => {
  const ended = await runNetmoth(['read', SAMPLE, '--set', 'maxFlow=10']);
  expectFailure(ended, 78, /maxFlow.*did you mean "maxFlows".*\[NM_CONFIG_INVALID\]/);
});

test('a misspelt option and verb', async () => {
  const option = await runNetmoth(['read', SAMPLE, '--checksum', 'ignore']);
  expect(option.stderr).toMatch(/unknown option '--checksum'.*\n?.*Did you mean --checksums/s);
  expect(option.status).toBe(64);
  const verb = await runNetmoth(['raed']);
  expect(verb.stderr).toMatch(/unknown command 'raed'/);
  expect(verb.status).toBe(64);
});

const sensor = (args: readonly string[], options?: RunOptions) =>
  runNetmoth(['sensor', '--data-dir', dir, '--listen', '127.0.0.1:0', ...args], options);

test('sensor: a missing interface lists those there are', async () => {
  const ended = await sensor(['--interface', 'nosuch0']);
  expectFailure(ended, 69, /nosuch0.*\blo\b.*\[NM_CAPTURE_NO_INTERFACE\]/);
});

test('sensor: without the privilege the message names it and the command that grants it', async () => {
  const through = [
    'setpriv',
    '--bounding-set=-net_raw,-net_admin',
    '--inh-caps=-all',
    '--ambient-caps=-all',
  ];
  const ended = await sensor(['--interface', 'lo'], { through });
  expectFailure(ended, 77, /CAP_NET_RAW.*setcap cap_net_raw.*\[NM_CAPTURE_NO_PRIVILEGE\]/i);
});

test('sensor: a port that is none', async () => {
  const ended = await sensor(['--interface', 'lo', '--listen', '127.0.0.1:99999']);
  expectFailure(ended, 78, /listen: expected HOST:PORT.*\[NM_CONFIG_INVALID\]/);
});

test('sensor: a filter that does not compile', async () => {
  const ended = await sensor(['--interface', 'lo', '--filter', 'prot 53']);
  expectFailure(ended, 78, /prot 53.*\[NM_CAPTURE_FILTER\]/);
});

test('sensor: all faults of a configuration at once, a wrong key with the nearest known', async () => {
  const config = file('sensor.yaml', 'naem: x\nspool:\n  maxMiB: -3\n');
  const ended = await sensor(['--config', config]);
  expectFailure(ended, 78, /spool\.maxMiB.*naem.*did you mean "name".*\[NM_CONFIG_INVALID\]/);
});

test('manager: a wrong key with the nearest known', async () => {
  const config = file('manager.yaml', 'listne: 127.0.0.1:1\nstore:\n  url: postgres://x/y\n');
  const ended = await runNetmoth(['manager', '--config', config]);
  expectFailure(ended, 78, /listne.*did you mean "?listen"?.*\[NM_CONFIG_INVALID\]/);
});

const up = (args: readonly string[], options?: RunOptions) =>
  runNetmoth(['up', '--pcap', SAMPLE, '--data-dir', join(dir, 'up'), ...args], options);

test('up: a port in use', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const ended = await up(['--listen', `127.0.0.1:${port}`]);
  server.close();
  expectFailure(ended, 69, new RegExp(`127\\.0\\.0\\.1:${port}.*--listen.*\\[NM_PORT_IN_USE\\]`));
});

test('up: a data directory of a newer version', async () => {
  const newer = mkdtempSync(join(dir, 'newer-'));
  writeFileSync(join(newer, 'version'), '999\n');
  const ended = await runNetmoth(['up', '--pcap', SAMPLE, '--data-dir', newer]);
  expectFailure(ended, 78, /newer.*\[NM_DATA_DIR_NEWER\]/);
});

test('up: a full disk', async () => {
  const full = mkdtempSync(join(dir, 'full-'));
  const mount = `mount -t tmpfs -o size=2m none '${full}' && exec "$@"`;
  const through = ['unshare', '--mount', 'sh', '-c', mount, 'sh'];
  const ended = await runNetmoth(
    ['up', '--pcap', SAMPLE, '--data-dir', join(full, 'data'), '--listen', '127.0.0.1:18999'],
    { through },
  );
  expectFailure(ended, 70, /space.*\[NM_CHILD_FAILED\]/i);
});

test('up: no such capture, and speeds that are none', async () => {
  const missing = await runNetmoth(['up', '--pcap', join(dir, 'none.pcap'), '--data-dir', dir]);
  expectFailure(missing, 2, /none\.pcap.*no such file.*\[NM_CAPTURE_FILE_UNREADABLE\]/);
  expectFailure(await up(['--speed', 'fast']), 64, /--speed fast.*\[NM_USAGE\]/);
  expectFailure(await up(['--listen', 'nowhere']), 64, /--listen nowhere.*\[NM_USAGE\]/);
});

test('query and status: nothing runs there', async () => {
  const where = ['--data-dir', join(dir, 'nobody')];
  expectFailure(
    await runNetmoth(['query', 'flows', ...where]),
    69,
    /netmoth up.*\[NM_API_UNREACHABLE\]/,
  );
  expectFailure(await runNetmoth(['status', ...where]), 69, /netmoth up.*\[NM_API_UNREACHABLE\]/);
  expectFailure(await runNetmoth(['query', 'flow', ...where]), 64, /flows.*\[NM_USAGE\]/);
});
