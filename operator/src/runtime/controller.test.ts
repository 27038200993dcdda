import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { NetmothError } from '#contracts/errors.ts';
import { ApiError } from './api-error.ts';
import { Controller } from './controller.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A controller whose reconciler fails as told, once for each fault, and then works. */
function running(...faults: readonly Error[]) {
  const left = [...faults];
  const calls: string[] = [];
  const controller = new Controller({
    ...{ name: 'test', log: pino({ level: 'silent' }), random: () => 1, workers: 1 },
    reconcile: async (key) => {
      calls.push(key);
      const fault = left.shift();
      if (fault !== undefined) throw fault;
      return {};
    },
  });
  const stop = new AbortController();
  const ended = controller.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  return { controller, calls, end };
}

const refused = (status: number, retryAfterMs?: number) =>
  new ApiError('PATCH /x', { status, reason: 'R', message: 'm', retryAfterMs });

it('tries again what may pass: conflicts, silence, a lead in doubt, and faults of its own', async () => {
  const faults = [
    refused(409),
    refused(503),
    new NetmothError('NM_KUBE_UNAVAILABLE', 'm', { retryable: true }),
    new NetmothError('NM_NOT_LEADER', 'm', { retryable: true }),
    new TypeError('a fault of the program'),
  ];
  const { controller, calls, end } = running(...faults);
  controller.queue.add('a');
  await vi.advanceTimersByTimeAsync(30_000);
  expect(calls).toHaveLength(faults.length + 1);
  expect(controller.counters).toEqual({ reconciles: 6, failures: 4, conflicts: 1 });
  await end();
});

it('waits as long as the server asks for', async () => {
  const { controller, calls, end } = running(refused(429, 10_000));
  controller.queue.add('a');
  await vi.advanceTimersByTimeAsync(9_999);
  expect(calls).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(calls).toHaveLength(2);
  await end();
});

it('comes back slowly to what will be refused again, and at once when it changes', async () => {
  const { controller, calls, end } = running(refused(422), refused(403));
  controller.queue.add('a');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(calls).toHaveLength(1);
  controller.queue.add('a');
  await vi.advanceTimersByTimeAsync(0);
  expect(calls).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(5 * 60_000);
  expect(calls).toHaveLength(3);
  await end();
});
