import { afterEach, expect, test } from 'vitest';
import type { PartHealth } from '#contracts/rest.ts';
import { startChild } from '../processes/child.ts';
import { endedAtStart, type PartSpec, restartDelayMs, Supervisor } from './supervisor.ts';

const supervisors: Supervisor[] = [];

afterEach(async () => {
  await Promise.all(supervisors.splice(0).map((each) => each.stop(() => undefined)));
});

/** A real process that prints `up` once it works, and then waits. */
function shellPart(name: string, script: string, pids: number[] = []): PartSpec {
  return {
    name,
    launch: async () => {
      const works = Promise.withResolvers<string>();
      const child = await startChild({
        command: '/bin/sh',
        args: ['-c', script],
        onLine: (line) => line === 'up' && works.resolve(`${name} works`),
      });
      pids.push(child.pid);
      const ended = child.exited.then((exit) => {
        throw endedAtStart(name, exit);
      });
      ended.catch(() => undefined);
      return {
        pid: child.pid,
        exited: child.exited,
        ready: () => Promise.race([works.promise, ended]),
        stop: () => child.stop(['SIGTERM'], 5_000),
      };
    },
  };
}

const WAIT = 'echo up; exec sleep 600';

function supervise(parts: readonly PartSpec[]) {
  const changes: PartHealth[][] = [];
  const waiting: { until: (parts: readonly PartHealth[]) => boolean; resolve: () => void }[] = [];
  const supervisor = new Supervisor({
    parts,
    onChange: (health) => {
      changes.push([...health]);
      for (const each of waiting) if (each.until(health)) each.resolve();
    },
  });
  supervisors.push(supervisor);
  const reaches = (until: (parts: readonly PartHealth[]) => boolean) =>
    new Promise<void>((resolve) => waiting.push({ until, resolve }));
  return { supervisor, changes, reaches };
}

test('starts in order and stops in the opposite order', async () => {
  const { supervisor } = supervise([shellPart('first', WAIT), shellPart('second', WAIT)]);
  const ready: string[] = [];
  await supervisor.start((part) => ready.push(part.message));
  expect(ready).toEqual(['first works', 'second works']);
  const stopped: string[] = [];
  await supervisor.stop((name) => stopped.push(name));
  expect(stopped).toEqual(['second', 'first']);
  expect(supervisor.health().map((part) => part.status)).toEqual(['down', 'down']);
});

test('a part that is killed is degraded, started again, and counted', async () => {
  const pids: number[] = [];
  const { supervisor, changes, reaches } = supervise([shellPart('only', WAIT, pids)]);
  await supervisor.start(() => undefined);
  const again = reaches(([part]) => part?.status === 'ok' && part.restarts === 1);
  process.kill(pids[0] ?? 0, 'SIGKILL');
  await again;
  expect(pids).toHaveLength(2);
  const degraded = changes.flat().filter((part) => part.status === 'degraded');
  expect(degraded).toHaveLength(1);
  expect(degraded[0]?.message).toMatch(/killed by SIGKILL.*starting again in 250 ms/);
});

test('a part that does not come up fails the start with its last words', async () => {
  const { supervisor } = supervise([
    shellPart('first', WAIT),
    shellPart('broken', 'echo no luck; exit 3'),
    shellPart('never', WAIT),
  ]);
  const ready: string[] = [];
  await expect(supervisor.start((part) => ready.push(part.name))).rejects.toMatchObject({
    code: 'NM_CHILD_FAILED',
    message: 'broken does not start: ended with status 3: no luck',
  });
  expect(ready).toEqual(['first']);
  expect(supervisor.health()[2]?.message).toBe('not started yet');
});

test('a part that must not begin again stays down', async () => {
  const pids: number[] = [];
  const once = { ...shellPart('replay', WAIT, pids), restart: false };
  const { supervisor, reaches } = supervise([once]);
  await supervisor.start(() => undefined);
  const down = reaches(([part]) => part?.status === 'down');
  process.kill(pids[0] ?? 0, 'SIGKILL');
  await down;
  expect(supervisor.health()[0]?.message).toBe('killed by SIGKILL: up; it is not started again');
  expect(pids).toHaveLength(1);
});

test('stopping ends a part that is still being launched', async () => {
  const pids: number[] = [];
  const slow = shellPart('slow', WAIT, pids);
  const { supervisor } = supervise([
    {
      ...slow,
      launch: () => new Promise((resolve) => setTimeout(() => resolve(slow.launch()), 300)),
    },
  ]);
  const starting = supervisor.start(() => undefined).catch(() => undefined);
  await supervisor.stop(() => undefined);
  await starting;
  expect(pids).toHaveLength(1);
  expect(() => process.kill(pids[0] ?? 0, 0)).toThrow('ESRCH');
});

test('stopping while a part waits for its restart leaves nothing behind', async () => {
  const pids: number[] = [];
  const { supervisor, reaches } = supervise([shellPart('only', WAIT, pids)]);
  await supervisor.start(() => undefined);
  const degraded = reaches(([part]) => part?.status === 'degraded');
  process.kill(pids[0] ?? 0, 'SIGKILL');
  await degraded;
  await supervisor.stop(() => undefined);
  expect(supervisor.health()[0]?.status).toBe('down');
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('pauses between restarts double up to a bound', () => {
  expect([1, 2, 3, 4].map(restartDelayMs)).toEqual([250, 500, 1000, 2000]);
  expect(restartDelayMs(50)).toBe(15_000);
});
