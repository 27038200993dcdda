import { expect, it } from 'vitest';
import { LossMeter } from './loss-meter.ts';

/** Hears reports in which each interval had so many packets and drops. */
function levels(steps: readonly (readonly [packets: number, drops: number])[]) {
  const meter = new LossMeter();
  let kernelPackets = 0;
  let kernelDrops = 0;
  meter.hear({ kernelPackets, kernelDrops });
  return steps.map(([packets, drops]) => {
    kernelPackets += packets;
    kernelDrops += drops;
    meter.hear({ kernelPackets, kernelDrops });
    return meter.level;
  });
}

it('knows nothing before two reports, and says 0 only when nothing at all was lost', () => {
  const meter = new LossMeter();
  meter.hear({ kernelPackets: 10, kernelDrops: 5 });
  expect(meter.level).toBeUndefined();
  expect(levels([[1_000_000, 0]])).toEqual([0]);
  expect(levels([[1_000_000, 1]])).toEqual([0.01]);
  expect(levels([[100, 100]])).toEqual([100]);
  expect(levels([[0, 0]])).toEqual([0]);
});

it('rises at once and falls only after a whole minute below', () => {
  const quiet = Array.from({ length: 30 }, () => [100, 0] as const);
  const seen = levels([[100, 3], ...quiet]);
  expect(seen[0]).toBe(5);
  // Twelve reports after the drops have left the window of twelve, the last level is gone.
  expect(seen.slice(0, 12).every((level) => level === 5)).toBe(true);
  expect(seen.at(-1)).toBe(0);
  const firstBelow = seen.findIndex((level) => level !== 5);
  expect(firstBelow).toBeGreaterThanOrEqual(12);
});

it('begins anew when the counters do', () => {
  const meter = new LossMeter();
  for (const [kernelPackets, kernelDrops] of [
    [100, 0],
    [200, 50],
  ] as const) {
    meter.hear({ kernelPackets, kernelDrops });
  }
  expect([meter.level, meter.percent]).toEqual([50, 50]);
  meter.hear({ kernelPackets: 10, kernelDrops: 0 });
  expect([meter.level, meter.percent, meter.settled]).toEqual([undefined, undefined, false]);
  meter.hear({ kernelPackets: 20, kernelDrops: 0 });
  expect([meter.level, meter.percent, meter.settled]).toEqual([0, 0, false]);
});

it.each([
  [1010, 10],
  [1999, 19],
  [2000, 20],
  [2900, 29],
  [99, 0],
])(
  '%d of 10000 packets are at the bounds up to %d%%, whatever level is shown',
  (drops, percent) => {
    const meter = new LossMeter();
    meter.hear({ kernelPackets: 0, kernelDrops: 0 });
    meter.hear({ kernelPackets: 10_000, kernelDrops: drops });
    expect(meter.percent).toBe(percent);
  },
);

it('is settled after a whole window', () => {
  const meter = new LossMeter();
  const seen = Array.from({ length: 14 }, (_, at) => {
    meter.hear({ kernelPackets: at, kernelDrops: 0 });
    return meter.settled;
  });
  expect(seen.indexOf(true)).toBe(12);
});
