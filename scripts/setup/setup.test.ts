import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { missingPackages } from './apt.mjs';
import { contentHash } from './content-hash.mjs';
import { lockSetup } from './lock.mjs';
import { kBuild, kLogs, kRoot } from './paths.mjs';
import { SetupError, StepRunner } from './step-runner.mjs';

interface Tools {
  exec(command: string, args: string[]): Promise<string>;
}

function step(name: string, needs: string[], run: (tools: Tools) => Promise<void>) {
  return {
    name: `test-${name}`,
    title: name,
    needs: needs.map((need) => `test-${need}`),
    fresh: () => false,
    run,
  };
}

describe('StepRunner', () => {
  afterEach(() => vi.restoreAllMocks());

  it('starts a step when all it needs is done, and says what it does', async () => {
    const said = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const order: string[] = [];
    const record = (name: string) => async () => void order.push(name);
    await new StepRunner([
      step('one', [], async () => {
        await new Promise((resolve) => setImmediate(resolve));
        order.push('one');
      }),
      step('two', ['one'], record('two')),
      step('free', ['absent'], record('free')),
    ]).run();
    expect(order).toEqual(['free', 'one', 'two']);
    expect(said.mock.calls.flat().join('\n')).toMatch(/test-two: done in/);
  });

  it('a failed command shows its faults and stops what needs it, not the rest', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const shown = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const ran: string[] = [];
    const steps = [
      step('bad', [], async ({ exec }) => {
        await exec('sh', ['-c', 'echo "error: the disk is full" >&2; exit 3']);
      }),
      step('after', ['bad'], async () => void ran.push('after')),
      step('other', [], async () => void ran.push('other')),
    ];
    await expect(new StepRunner(steps).run()).rejects.toThrow(SetupError);
    expect(ran).toEqual(['other']);
    expect(shown.mock.calls.flat().join('\n')).toContain('error: the disk is full');
    const log = readFileSync(join(kLogs, 'setup-test-bad.log'), 'utf8');
    expect(log).toContain('error: the disk is full');
  });

  it('a command that does not exist is named', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const steps = [
      step('none', [], async ({ exec }) => void (await exec('no-such-program', ['x']))),
    ];
    await expect(new StepRunner(steps).run()).rejects.toThrow(/no-such-program cannot be run/);
  });
});

describe('contentHash', () => {
  const folder = 'build/test-content-hash';
  const path = join(kRoot, folder, 'a.txt');
  const hash = (...also: string[]): string => contentHash([folder], /\/skipped$/, also);

  it('follows contents and names, not times or what is left out', () => {
    mkdirSync(join(kRoot, folder, 'skipped'), { recursive: true });
    writeFileSync(path, 'one');
    const first = hash();
    writeFileSync(path, 'one');
    writeFileSync(join(kRoot, folder, 'skipped', 'b.txt'), String(Math.random()));
    expect(hash()).toBe(first);
    writeFileSync(path, 'two');
    expect(hash()).not.toBe(first);
    expect(hash('gcc 13')).not.toBe(hash('gcc 12'));
  });
});

describe('lockSetup', () => {
  it('lets one in at a time and ignores the lock of a process that is gone', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const path = join(kBuild, 'test-setup.lock');
    mkdirSync(kBuild, { recursive: true });
    // No process has this id: it is above the largest the kernel gives out.
    writeFileSync(path, '99999999');
    const unlock = await lockSetup(path);
    expect(readFileSync(path, 'utf8')).toBe(String(process.pid));
    const order: string[] = [];
    const second = lockSetup(path).then((unlockSecond) => {
      order.push('second');
      unlockSecond();
    });
    await new Promise((resolve) => setImmediate(resolve));
    order.push('first unlocks');
    unlock();
    await second;
    expect(order).toEqual(['first unlocks', 'second']);
  });
});

describe('missingPackages', () => {
  it('names what is not installed and nothing else', () => {
    const wanted = { 'no-such-package-netmoth': '/no/such/file', bash: 'bash' };
    expect(missingPackages(wanted)).toEqual(['no-such-package-netmoth']);
  });
});
