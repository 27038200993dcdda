// What the charts draw, from what the manager answers.
import { expect, test } from 'vitest';
import { bandwidthSeries } from './bandwidth-series.ts';
import { eventSeries } from './event-series.ts';

const at = (minute: number) => `2026-11-20T14:0${minute}:00.000000Z`;
const bounds = { fromMs: Date.parse(at(0)), toMs: Date.parse(at(3)), nowMs: Date.parse(at(9)) };

test('bandwidth in bit/s, one wing up, one down', () => {
  const point = (minute: number, up: number, down: number) => ({
    time: at(minute),
    bytes_toserver: up,
    bytes_toclient: down,
    packets: 1,
    flows: 1,
  });
  const answer = { bucketSeconds: 60, points: [point(0, 750, 7_500), point(2, 1_500, 0)] };
  const series = bandwidthSeries(answer, bounds);
  expect(series.toClient).toEqual([1_000, 0, 0]);
  expect(series.toServer).toEqual([-100, -0, -200]);
  expect(series.peak).toBe(1_100);
  expect(series.mean).toBeCloseTo(1_300 / 3);
});

test('nothing gives an empty picture, not a broken one', () => {
  const series = bandwidthSeries({ bucketSeconds: 60, points: [] }, bounds);
  expect(series.peak).toBe(0);
  expect(series.times).toHaveLength(3);
});

test('the stack of events is the whole', () => {
  const answer = {
    total: 21,
    byType: {},
    points: [
      { time: at(0), counts: { dns: 5, flow: 2, mdns: 1, dhcp: 1 } },
      { time: at(1), counts: { dns: 4, alert: 1 } },
      { time: at(2), counts: { flow: 7 } },
    ],
  };
  const series = eventSeries(answer, bounds);
  expect(series.kinds).toEqual(['alert', 'dns', 'flow', 'other']);
  expect(series.counts).toEqual([
    [0, 1, 0],
    [5, 4, 0],
    [2, 0, 7],
    [2, 0, 0],
  ]);
  expect(series.tops.at(-1)).toEqual([9, 5, 7]);
});
