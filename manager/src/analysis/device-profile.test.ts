// What is told of a memory is what was put into it: names come back out of their hashes, hours of the week out of seasons.
import { expect, test } from 'vitest';
import { HOURS_OF_WEEK } from '#contracts/rest-profile.ts';
import { spanOf, usualOf, weekOf } from './device-profile.ts';
import { newState, packState, unpackState } from './device-state.ts';
import { hourOfWeek, teach } from './seasons.ts';

const HOUR_MS = 3_600_000;
/** A Monday, 00:00 UTC. */
const MONDAY = Date.UTC(2026, 10, 16) / HOUR_MS;
const NOTHING = { domains: [], peers: [], applications: [], countries: [] };

test('hours of the week: means over the weeks that were watched, expectations beside them', () => {
  expect(hourOfWeek(MONDAY)).toBe(0);
  const state = newState();
  for (let hour = MONDAY - 4 * HOURS_OF_WEEK; hour < MONDAY; hour += 1) {
    // Busy on Tuesdays at nine, else next to nothing.
    const busy = hourOfWeek(hour) === 24 + 9;
    teach(state.seasons.bytesOut, hour, busy ? 1e9 : 1_000);
    teach(state.seasons.bytesIn, hour, 500);
    teach(state.seasons.flows, hour, busy ? 200 : 2);
  }
  state.lastHour = MONDAY - 1;
  const sums = [{ hour: 33, bytes_sent: 600, bytes_received: 60, flows: 6 }];
  const span = { sinceMs: (MONDAY - 2 * HOURS_OF_WEEK) * HOUR_MS, untilMs: MONDAY * HOUR_MS };
  const week = weekOf(unpackState(packState(state)), { ...span, sums });
  expect(week).toHaveLength(HOURS_OF_WEEK);
  expect(week[33]?.seen).toEqual({ bytes_sent: 300, bytes_received: 30, flows: 3 });
  expect(week[32]?.seen).toEqual({ bytes_sent: 0, bytes_received: 0, flows: 0 });
  const expected = week.map((each) => each.expected?.bytes_sent ?? 0);
  expect(Math.max(...expected)).toBe(expected[33]);
  expect((expected[33] ?? 0) / (expected[34] ?? 0)).toBeGreaterThan(100);
  expect(weekOf(undefined, { ...span, sums }).every((each) => each.expected === null)).toBe(true);
  expect(weekOf(newState(), { ...span, sums })[0]?.expected).toBeNull();
});

test('an hour that was never watched is not a silent one', () => {
  const sinceMs = (MONDAY + 5) * HOUR_MS;
  const week = weekOf(undefined, { sums: [], sinceMs, untilMs: sinceMs + 2 * HOUR_MS });
  expect(week.flatMap(({ seen }, hour) => (seen === null ? [] : [hour]))).toEqual([5, 6]);
});

test('usual things are named again by what the device had to do with', () => {
  const state = newState();
  const hour = MONDAY;
  for (const key of ['example.org', 'TCP/445/10.0.0.9', '203.0.113', '2001:db8:7']) {
    state.destinations.add(key, hour, 3);
  }
  state.destinations.add('forgotten.net', hour - 24 * 365, 1);
  state.services.add('TCP/445', hour, 2);
  state.services.add('UDP/53', hour, 5);
  state.applications.add('tls', hour);
  state.countries.add('NL', hour);
  const usual = usualOf(
    unpackState(packState(state)),
    {
      domains: [
        { name: 'www.example.org', bytes: 10 },
        { name: 'cdn.example.org', bytes: 5 },
        { name: 'forgotten.net', bytes: 7 },
        { name: 'never.example.com', bytes: 1 },
      ],
      peers: [
        { name: '10.0.0.9', bytes: 1 },
        { name: '203.0.113.7', bytes: 2 },
        { name: '203.0.113.8', bytes: 4 },
        { name: '2001:db8:7::1', bytes: 8 },
      ],
      applications: ['tls', 'dns'],
      countries: ['NL', 'DE'],
    },
    hour,
  );
  expect(usual.destinations).toEqual([
    { name: '2001:db8:7::/48', kind: 'network', weight: 3, bytes: 8 },
    { name: '203.0.113.0/24', kind: 'network', weight: 3, bytes: 6 },
    { name: 'TCP/445/10.0.0.9', kind: 'service', weight: 3, bytes: null },
    { name: 'example.org', kind: 'domain', weight: 3, bytes: 15 },
  ]);
  expect(usual.services).toEqual([
    { name: 'UDP/53', weight: 5 },
    { name: 'TCP/445', weight: 2 },
  ]);
  expect(usual.applications.map(({ name }) => name)).toEqual(['tls']);
  expect(usual.countries.map(({ name }) => name)).toEqual(['NL']);
  expect(usualOf(newState(), NOTHING, hour).destinations).toEqual([]);
});

test('the span ends with the hour of the last sighting and begins with the first', () => {
  const last = Date.UTC(2026, 10, 20, 15, 20);
  expect(spanOf(last - 90 * 60_000, last)).toEqual({
    sinceMs: Date.UTC(2026, 10, 20, 13),
    untilMs: Date.UTC(2026, 10, 20, 16),
  });
  expect(spanOf(0, last).sinceMs).toBe(Date.UTC(2026, 9, 23, 16));
});
