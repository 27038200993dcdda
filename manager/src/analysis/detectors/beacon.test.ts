// Beacons among browsing: recall and precision over fresh random series, and the golden edges.
import { expect, test } from 'vitest';
import { BEACON_SCORE, beaconFinding, weigh } from '../beacon-findings.ts';
import { rememberCalls } from '../beacon-memory.ts';
import { Random } from '../simulation/random.ts';
import { emptyHour } from '../subject-hour.ts';
import { type Series, scoreBeacon } from './beacon.ts';

const kHourMs = 3_600_000;
const kStartMs = Date.UTC(2026, 9, 5);

/** What is remembered of these calls, hour by hour as analysis does it. */
function seriesOf(calls: readonly (readonly [ms: number, bytes: number])[]): Series {
  const memory = new Map<string, Series>();
  const hours = Map.groupBy(calls, ([ms]) => Math.floor(ms / kHourMs));
  for (const [number, some] of hours) {
    const hour = emptyHour('10.0.0.7', number, true);
    hour.samples.set('x.net', {
      timesMs: some.map(([ms]) => ms),
      bytes: some.map(([, size]) => size),
    });
    rememberCalls(memory, hour);
  }
  const series = memory.get('http x.net');
  if (series === undefined) throw new Error('nothing is remembered');
  return series;
}

function isBeacon(series: Series): boolean {
  const scores = scoreBeacon(series);
  if (scores === undefined) return false;
  const { firstMs, lastMs, count } = series;
  const candidate = { target: 'tls x.net', scores, firstMs, lastMs, count };
  const weighed = weigh(candidate, { devices: 1, allDevices: 200 });
  return beaconFinding('10.0.0.7', candidate, weighed).length > 0;
}

function clock(random: Random): [number, number][] {
  const period = Math.exp(random.between(Math.log(10), Math.log(6 * 3_600)));
  const jitter = random.between(0, 0.3);
  const missed = random.between(0.05, 0.3);
  const seconds = Math.max(24 * 3_600, period * 45);
  const calls: [number, number][] = [];
  const size = random.between(200, 5_000);
  for (let at = 0; at < seconds; at += period * random.between(1 - jitter, 1 + jitter)) {
    if (!random.chance(missed))
      calls.push([kStartMs + at * 1_000, size * random.between(0.9, 1.1)]);
  }
  return calls;
}

/** A person and a favourite site: sittings at waking hours, clicks of seconds to minutes within them. */
function person(random: Random): [number, number][] {
  const calls: [number, number][] = [];
  const sittings = random.between(1, 12);
  const clicks = random.between(2, 30);
  for (let day = 0; day < 10; day++) {
    for (let n = random.poisson(sittings); n > 0; n--) {
      let at = kStartMs + day * 24 * kHourMs + random.between(7, 23) * kHourMs;
      for (let click = random.poisson(clicks); click > 0; click--) {
        calls.push([at, random.lognormal(2_500, 0.9)]);
        at += random.lognormal(20_000, 1.3);
      }
    }
  }
  return calls.sort(([a], [b]) => a - b);
}

/** Calls at random: machines that talk when there is something to say. */
function atRandom(random: Random): [number, number][] {
  const mean = Math.exp(random.between(Math.log(30), Math.log(7_200)));
  const calls: [number, number][] = [];
  for (let at = 0; at < mean * 200; at += mean * -Math.log(1 - random.next())) {
    calls.push([kStartMs + at * 1_000, random.lognormal(2_000, 0.7)]);
  }
  return calls;
}

test('95 of 100 clocks are found and 95 of 100 finds are clocks: 10 s to 6 h, jitter to 30 %, missed to 30 %', () => {
  const seed = Date.now();
  console.log(`beacons: seed ${seed}`);
  const random = new Random(seed);
  const found = Array.from({ length: 300 }, () => isBeacon(seriesOf(clock(random)))).filter(
    Boolean,
  );
  const wrong = Array.from({ length: 600 }, (_, index) =>
    isBeacon(seriesOf(index % 2 === 0 ? person(random) : atRandom(random))),
  ).filter(Boolean);
  expect(found.length / 300).toBeGreaterThanOrEqual(0.95);
  expect(found.length / (found.length + wrong.length)).toBeGreaterThanOrEqual(0.95);
});

test('a perfect clock has all four scores, and its period is told', () => {
  const calls = Array.from({ length: 2_880 }, (_, index): [number, number] => [
    kStartMs + index * 60_000,
    500,
  ]);
  const scores = scoreBeacon(seriesOf(calls));
  expect(scores).toMatchObject({ interval: 1, size: 1, duration: 1, periodSeconds: 60, jitter: 0 });
  expect(scores?.histogram).toBeGreaterThan(0.99);
});

test('too few calls say nothing, and calls within a second have no period', () => {
  expect(
    scoreBeacon(seriesOf(Array.from({ length: 13 }, (_, n) => [kStartMs + n * 60_000, 1]))),
  ).toBeUndefined();
  expect(
    scoreBeacon(seriesOf(Array.from({ length: 500 }, (_, n) => [kStartMs + n, 1]))),
  ).toBeUndefined();
  expect(scoreBeacon(seriesOf(Array.from({ length: 500 }, () => [kStartMs, 1])))).toBeUndefined();
});

test('what half of the network calls is told of nobody', () => {
  const calls = Array.from({ length: 1_440 }, (_, index): [number, number] => [
    kStartMs + index * 60_000,
    500,
  ]);
  const series = seriesOf(calls);
  const scores = scoreBeacon(series);
  if (scores === undefined) throw new Error('a perfect clock has scores');
  const candidate = {
    target: 'tls x.net',
    scores,
    firstMs: series.firstMs,
    lastMs: series.lastMs,
    count: 1_440,
  };
  const common = weigh(candidate, { devices: 100, allDevices: 200 });
  expect(common.score).toBeLessThan(BEACON_SCORE);
  expect(weigh(candidate, { devices: 1, allDevices: 200 }).score).toBeGreaterThan(0.95);
});
