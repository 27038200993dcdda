/** The whole system as a user runs it: packets in, rows out, whatever dies in between. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { supervisorStateSchema } from '#contracts/rest.ts';
import { freePort } from '../processes/readiness.ts';
import { PROGRAM, runNetmoth, SAMPLE } from '../testing/run-netmoth.ts';

const WAIT_MS = 60_000;
let dir: string;
let running: Running | undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'netmoth-up-'));
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  rmSync(dir, { recursive: true, force: true });
});

interface Running {
  readonly url: string;
  readonly child: ChildProcess;
  readonly output: () => string;
  stop(): Promise<number | null>;
}

async function startUp(...args: readonly string[]): Promise<Running> {
  const url = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    process.execPath,
    [PROGRAM, 'up', '--data-dir', dir, '--listen', url, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exited = once(child, 'close');
  running = {
    url: `http://${url}`,
    child,
    output: () => output,
    stop: async () => {
      child.kill('SIGINT');
      await exited;
      return child.exitCode;
    },
  };
  await until('the dashboard', () => {
    if (child.exitCode !== null) throw new Error(output);
    return output.includes('Ctrl-C');
  });
  return running;
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}\n${running?.output()}`);
    await sleep(100);
  }
}

/** Events by type that the engine makes of the sample. */
async function expectedCounts(): Promise<Map<string, number>> {
  const path = join(dir, 'expected.ndjson');
  await runNetmoth(['read', SAMPLE, '--eve', path, '--quiet']);
  const counts = new Map<string, number>();
  for (const line of readFileSync(path, 'utf8').trim().split('\n')) {
    const type = /"event_type":"(\w+)"/.exec(line)?.[1] ?? '';
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return counts;
}

async function rowsOf(list: string): Promise<Record<string, unknown>[]> {
  const { stdout, status } = await runNetmoth([
    'query',
    list,
    '--json',
    '--limit',
    '100000',
    '--last',
    '1d',
    '--data-dir',
    dir,
  ]);
  if (status !== 0) return [];
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

const parts = () =>
  supervisorStateSchema.parse(JSON.parse(readFileSync(join(dir, 'supervisor.json'), 'utf8'))).parts;

/** Pid of the child whose command line has this word, while there is one. */
function childPid(word: string): number | undefined {
  const parent = running?.child.pid;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const ppid = /\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (Number(ppid) === parent && command.some((each) => each.endsWith(word)))
        return Number(pid);
    } catch {
      // Gone while we looked.
    }
  }
  return undefined;
}

function kill(word: string): void {
  const pid = childPid(word);
  if (pid === undefined) throw new Error(`no child ${word}`);
  process.kill(pid, 'SIGKILL');
}

test('what the engine saw is what is stored, also after a stop and a second start', async () => {
  const expected = await expectedCounts();
  const first = await startUp('--pcap', SAMPLE, '--speed', 'max');
  expect(first.output()).toMatch(/nats .*\n.*postgres .*\n.*manager .*\n.*sensor /);
  expect(first.output()).toMatch(/Log in as {2}admin, password \w{20}/);
  expect((statSync(dir).mode & 0o777).toString(8)).toBe('700');
  for (const list of ['flows', 'dns', 'tls', 'http'] as const) {
    const count = expected.get(list === 'flows' ? 'flow' : list) ?? 0;
    expect(count).toBeGreaterThan(0);
    await until(`${count} ${list}`, async () => (await rowsOf(list)).length === count);
  }
  const ids = new Set((await rowsOf('flows')).map((row) => row['id']));
  expect(ids.size).toBe(expected.get('flow'));

  const csv = await runNetmoth(['query', 'flows', '--csv', '--data-dir', dir]);
  expect(csv.stdout.trim().split('\n')).toHaveLength(1 + (expected.get('flow') ?? 0));
  const piped = await runNetmoth(['query', 'flows', '--json', '--data-dir', dir], {
    through: ['sh', '-c', '"$@" | head -n 1', 'sh'],
  });
  expect(piped.stdout.trim().split('\n')).toHaveLength(1);
  expect(piped.stderr).toBe('');

  const status = await runNetmoth(['status', '--data-dir', dir]);
  for (const part of ['nats', 'postgres', 'manager', 'sensor', 'ingest']) {
    expect(status.stdout).toMatch(new RegExp(`^${part} +ok`, 'm'));
  }
  expect(status.status).toBe(0);
  expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
  expect(await first.stop()).toBe(0);
  expect(first.output()).toMatch(
    /sensor +stopped\n.*manager +stopped\n.*postgres +stopped\n.*nats +stopped/,
  );

  const second = await startUp('--pcap', SAMPLE, '--speed', 'max');
  expect(second.output()).not.toMatch(/password/);
  const again = new Set((await rowsOf('flows')).map((row) => row['id']));
  expect([...ids].filter((id) => !again.has(id))).toEqual([]);
}, 180_000);

test('rules and lists are matched, and status says what the engine has loaded', async () => {
  const rules = join(dir, 'local.rules');
  writeFileSync(
    rules,
    'alert dns any any -> any any (msg:"asked"; dns.query; content:"."; sid:7;)',
  );
  const eve = join(dir, 'expected.ndjson');
  await runNetmoth(['read', SAMPLE, '--eve', eve, '--quiet', '--rules', rules]);
  const alerts = readFileSync(eve, 'utf8').split('"event_type":"alert"').length - 1;
  expect(alerts).toBeGreaterThan(0);
  const system = await startUp('--pcap', SAMPLE, '--speed', 'max', '--rules', rules);
  expect(system.output()).toContain('signatures: 1 rules, 0 failed');
  await until(`${alerts} alerts`, async () => (await rowsOf('alerts')).length === alerts);
  await until('the report', async () => {
    const { stdout } = await runNetmoth(['status', '--data-dir', dir]);
    return /[0-9a-f]{12}, 1 rules$/m.test(stdout);
  });
}, 120_000);

test('a second netmoth on the same data directory is refused', async () => {
  await startUp('--pcap', SAMPLE);
  const port = await freePort();
  const other = await runNetmoth([
    'up',
    '--pcap',
    SAMPLE,
    '--data-dir',
    dir,
    '--listen',
    `127.0.0.1:${port}`,
  ]);
  expect(other.stderr).toMatch(/another netmoth \(pid \d+\).*\[NM_DATA_DIR_LOCKED\]/);
  expect(other.status).toBe(75);
}, 120_000);

test('parts that are killed come back; what was published is stored once', async () => {
  const expected = await expectedCounts();
  const system = await startUp('--pcap', SAMPLE, '--speed', '6');
  for (const [name, word] of [
    ['nats', 'nats-server.conf'],
    ['postgres', '/postgres'],
    ['manager', 'manager.json'],
  ] as const) {
    kill(word);
    await until(`${name} back`, () =>
      parts().some((part) => part.name === name && part.status === 'ok' && part.restarts === 1),
    );
  }
  for (const [list, type] of [
    ['flows', 'flow'],
    ['dns', 'dns'],
    ['tls', 'tls'],
  ] as const) {
    const count = expected.get(type) ?? 0;
    await until(`${count} ${list}`, async () => (await rowsOf(list)).length >= count);
    const ids = (await rowsOf(list)).map((row) => row['id']);
    expect(ids).toHaveLength(count);
    expect(new Set(ids).size).toBe(count);
  }

  kill('sensor.json');
  await until('down in /readyz', async () => (await fetch(`${system.url}/readyz`)).status === 503);
  expect(parts().find((part) => part.name === 'sensor')?.message).toMatch(/not started again/);
}, 240_000);

test('a live sensor that is killed is started again', async () => {
  const system = await startUp('--interface', 'lo');
  // Killed as often as it comes back: the pauses between its starts grow until anybody can see them.
  await until('degraded in /readyz', async () => {
    const pid = childPid('sensor.json');
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    return (await fetch(`${system.url}/readyz`)).status === 503;
  });
  await until('ready again', async () => (await fetch(`${system.url}/readyz`)).status === 200);
  // Not their flows: a closed connection is told of a minute later.
  await until('our own requests', async () => (await rowsOf('http')).length > 0);
}, 120_000);

test('the password told after a first start that failed is the one that works', async () => {
  const noCapture = join(dir, 'no-capture');
  writeFileSync(noCapture, 'not a capture');
  const failed = await runNetmoth([
    'up',
    '--pcap',
    noCapture,
    '--data-dir',
    dir,
    '--listen',
    `127.0.0.1:${await freePort()}`,
  ]);
  expect(failed.stderr).toMatch(/no-capture.*\[NM_CAPTURE_FILE_FORMAT\]/);
  expect(failed.status).toBe(2);
  const system = await startUp('--pcap', SAMPLE);
  const password = /password (\w{20})/.exec(system.output())?.[1] ?? '';
  const login = (given: string) =>
    fetch(`${system.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: system.url },
      body: JSON.stringify({ user: 'admin', password: given }),
    });
  expect((await login(`${password}x`)).status).toBe(401);
  expect((await login(password)).status).toBe(200);
}, 120_000);
