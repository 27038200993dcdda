// What analysis stores comes back as it was, is merged in any order, and keeps its bounds.
import { expect, test } from 'vitest';
import { MAX_SERIES, rememberCalls } from './beacon-memory.ts';
import { MAX_STATE_BYTES, newState, packState, unpackState } from './device-state.ts';
import { packHours, unpackHours } from './hour-codec.ts';
import { judgeHour } from './judge.ts';
import { forecast, newSeason, teach } from './seasons.ts';
import { dnsEvent, type Event, flowEvent, otherEvent } from './simulation/events.ts';
import { LocalAnalysis } from './simulation/local-analysis.ts';
import { Random } from './simulation/random.ts';
import { Distinct } from './sketch.ts';
import { MAX_NAMES, mergeHour, type SubjectHour } from './subject-hour.ts';

const kStartMs = Date.UTC(2026, 9, 7, 10);
const kHourMs = 3_600_000;
const OPTIONS = {
  learningHours: 168,
  networkFirstHour: 0,
  isNormal: () => false,
  isBelow: () => false,
};

/** An hour of one device with a bit of everything. */
function events(random: Random, count: number, startMs = kStartMs): Event[] {
  const src = '10.0.0.7';
  return Array.from({ length: count }, (): Event => {
    const ms = startMs + random.whole(kHourMs - 2_000);
    const name = `${random.letters(8)}.site${random.whole(40)}.com`;
    const dest = `93.1.${random.whole(4)}.${random.whole(250)}`;
    switch (random.whole(6)) {
      case 0:
        return dnsEvent({ src, name, ms });
      case 1:
        return dnsEvent({ src, name, ms, rcode: 'NXDOMAIN' });
      case 2:
        return otherEvent(
          'http',
          { src, dest, port: 80, ms },
          { hostname: name, url: '/?password=x' },
        );
      case 3:
        return otherEvent(
          'tls',
          { src, dest, port: 443, ms },
          { sni: name, ja4: random.letters(20) },
        );
      default:
        return flowEvent({
          ...{ src, dest, port: 1 + random.whole(9), startMs: ms },
          how: random.pick(['syn', 'reset', 'probe', 'data'] as const),
          ...(random.chance(0.5) ? { domain: name } : {}),
        });
    }
  });
}

function gathered(some: readonly Event[]): SubjectHour {
  const analysis = new LocalAnalysis();
  for (const event of some) analysis.add(event);
  const [hour] = analysis.take().filter(({ subject }) => subject === '10.0.0.7');
  if (hour === undefined) throw new Error('nothing was gathered');
  return hour;
}

/** What must not depend on the order of merging, in an order of its own. */
function essence(hour: SubjectHour): unknown {
  const sorted = <V>(map: Map<string, V>): [string, V][] =>
    [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  const { peers, contacts, domains, missing, samples, ja4, notes, ...numbers } = hour;
  return JSON.parse(
    JSON.stringify({
      ...numbers,
      peers: peers.encode(),
      contacts: sorted(contacts).map(([key, { samples: calls, ...rest }]) => [
        key,
        rest,
        [...calls.timesMs].sort(),
      ]),
      domains: sorted(domains).map(([key, { names, samples: calls, informationBits, ...rest }]) => [
        ...[
          key,
          rest,
          [...names].sort(),
          [...calls.timesMs].sort(),
          Math.round(informationBits / 100),
        ],
      ]),
      missing: sorted(missing),
      samples: sorted(samples).map(([key, calls]) => [key, [...calls.timesMs].sort()]),
      ja4: [...ja4].sort(),
      notes: sorted(notes),
    }),
  );
}

test('hours come back as they were written', () => {
  const hour = gathered(events(new Random(1), 800));
  const [back] = unpackHours(packHours([hour]));
  if (back === undefined) throw new Error('nothing came back');
  expect(essence(back)).toEqual(essence(hour));
  expect(packHours([back]).equals(packHours([hour]))).toBe(true);
});

test('parts of an hour make the same hour in whatever order they come', () => {
  const seed = Date.now();
  const random = new Random(seed);
  // Few enough that no bound is met (64 notes; a sixth of the events make one), but for JA4, of which any
  // 32 are as good.
  const all = events(random, 200).filter(({ event_type: type }) => type !== 'tls');
  const parts = Array.from({ length: 6 }, (_, part) =>
    all.filter((__, index) => index % 6 === part),
  );
  const whole = essence(gathered(all));
  for (let round = 0; round < 5; round++) {
    const order = [...parts].sort(() => random.next() - 0.5);
    const [first, ...rest] = order.map((some) => gathered(some));
    if (first === undefined) throw new Error('six parts have a first');
    for (const part of rest) mergeHour(first, part);
    expect(essence(first), `seed ${seed}`).toEqual(whole);
  }
});

test('a state full to its bounds has at most 8 kB and comes back as it was', () => {
  const seed = Date.now();
  const random = new Random(seed);
  const state = newState();
  for (let hour = 0; hour < 200; hour++) {
    judgeHour(gathered(events(random, 600, kStartMs + hour * kHourMs)), state, OPTIONS);
  }
  const stored = packState(state);
  expect(stored.state.length, `seed ${seed}`).toBeLessThanOrEqual(MAX_STATE_BYTES);
  expect(state.beacons.size, `seed ${seed}`).toBeLessThanOrEqual(MAX_SERIES);
  const back = packState(unpackState(stored));
  const same = back.state.equals(stored.state) && back.beacons.equals(stored.beacons);
  expect(same, `seed ${seed}`).toBe(true);
});

test('nothing that is not a number is ever stored, whatever the figures', () => {
  const season = newSeason();
  for (const figure of [0, Number.NaN, Number.POSITIVE_INFINITY, -5, 1e300, 0])
    teach(season, 7, figure);
  const { expected, deviation } = forecast(season, 7);
  expect(Number.isFinite(expected) && Number.isFinite(deviation)).toBe(true);
  const state = newState();
  const text = JSON.stringify(unpackState(packState(state)));
  expect(text).not.toContain('NaN');
});

test('ten million flows of a device in an hour cost what their services cost', () => {
  const analysis = new LocalAnalysis();
  // As many as a test has time for: the bounds are met long before.
  for (let index = 0; index < 60_000; index++) {
    analysis.add(
      flowEvent({
        src: '10.0.0.7',
        dest: `93.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
        port: 80,
        startMs: kStartMs,
      }),
    );
  }
  const [hour] = analysis.take();
  expect(hour?.flows).toBe(60_000);
  expect(hour?.contacts.size).toBe(2_048);
  expect(hour?.beyond).toBe(60_000 - 2_048);
  const peers = hour?.peers.count() ?? 0;
  expect(Math.abs(peers - 60_000)).toBeLessThan(60_000 * 0.25);
});

test('a million senders that a scan made up are counted, not kept', () => {
  const analysis = new LocalAnalysis();
  for (let index = 0; index < 20_000; index++) {
    const src = `10.${index >> 14}.${(index >> 7) & 127}.${index & 127}`;
    analysis.add(flowEvent({ src, dest: '93.1.1.1', port: 80, startMs: kStartMs, how: 'syn' }));
  }
  expect(analysis.take().length).toBe(8_192);
});

test('a device that a clock at 1970 brought up is learned as any other', () => {
  const state = newState();
  judgeHour(gathered(events(new Random(5), 20, 0)), state, OPTIONS);
  judgeHour(gathered(events(new Random(6), 20)), state, OPTIONS);
  const much = flowEvent({
    ...{ src: '10.0.0.7', dest: '93.200.1.1', port: 443, out: 9e9 },
    startMs: kStartMs + kHourMs,
  });
  expect(judgeHour(gathered([much]), state, OPTIONS).findings).toEqual([]);
  expect(state.taught).toBe(3);
});

test('what is asked below a domain again and again carries its information once', () => {
  const asked = (from: number, count: number): SubjectHour =>
    gathered(
      Array.from({ length: count }, (_, index) =>
        dnsEvent({ src: '10.0.0.7', name: `${from + index}abcdef.site.com`, ms: kStartMs }),
      ),
    );
  const bits = (hour: SubjectHour): number => hour.domains.get('site.com')?.informationBits ?? 0;
  const full = bits(asked(1_000, MAX_NAMES));
  const repeated = asked(1_000, 4 * MAX_NAMES);
  expect(bits(repeated)).toBe(full);
  mergeHour(repeated, asked(5_000, 100));
  expect(bits(repeated)).toBe(full);
});

test('HyperLogLog counts within its error and merges to the union', () => {
  for (const count of [1, 10, 100, 1_000, 50_000]) {
    const [a, b, both] = [new Distinct(), new Distinct(), new Distinct()];
    for (let index = 0; index < count; index++) {
      (index % 2 === 0 ? a : b).add(`10.0.${index >> 8}.${index & 255}`);
      both.add(`10.0.${index >> 8}.${index & 255}`);
    }
    a.merge(b);
    expect(a.encode()).toBe(both.encode());
    expect(Math.abs(a.count() - count)).toBeLessThanOrEqual(Math.max(1, count * 0.25));
  }
});

test('series of a device are bounded, and what is called most stays', () => {
  const random = new Random(3);
  const memory = new Map();
  for (let hour = 0; hour < 30; hour++) {
    const own = Array.from({ length: 6 }, (_, n) =>
      flowEvent({
        src: '10.0.0.7',
        dest: '93.9.9.9',
        port: 443,
        startMs: kStartMs + hour * kHourMs + n * 500_000,
      }),
    );
    const others = events(random, 400, kStartMs + hour * kHourMs);
    rememberCalls(memory, gathered([...own, ...others]));
    expect(memory.size).toBeLessThanOrEqual(MAX_SERIES);
  }
  expect(memory.get('TCP 93.9.9.9:443')?.count).toBe(180);
});
