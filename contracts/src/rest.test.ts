// Queries as they come from a URL, durations, times, and the messages of the live feed.
import { expect, test } from 'vitest';
import { liveClientMessageSchema } from './live.ts';
import {
  durationMs,
  durationSchema,
  flowRowSchema,
  flowsQuerySchema,
  LISTS,
  MAX_EXPORT_ROWS,
  MAX_PAGE,
  STATS,
} from './rest.ts';
import { ROUTES } from './routes.ts';

test('durations', () => {
  const units = ['90s', '15m', '1h', '7d', '2w'];
  expect(units.map(durationMs)).toEqual([90_000, 900_000, 3_600_000, 604_800_000, 1_209_600_000]);
  for (const text of units) expect(durationSchema.safeParse(text).success).toBe(true);
  for (const text of ['', '0h', '1', 'h', '1.5h', '-1h', '1 h', '1y', '1234567s', '1hh']) {
    expect([text, durationSchema.safeParse(text).success]).toEqual([text, false]);
  }
});

test('a query string is all text; numbers and defaults come out of it', () => {
  expect(flowsQuerySchema.parse({ port: '443', limit: '5', flow_id: '12' })).toEqual({
    port: 443,
    limit: 5,
    flow_id: 12,
    format: 'json',
  });
  expect(flowsQuerySchema.parse({})).toEqual({ limit: 100, format: 'json' });
  expect(flowsQuerySchema.parse({ limit: String(MAX_EXPORT_ROWS) }).limit).toBe(MAX_EXPORT_ROWS);
  expect(MAX_PAGE).toBeLessThan(MAX_EXPORT_ROWS);
  for (const query of [
    { device: 'host' },
    { device: '10.0.0.256' },
    { port: '-1' },
    { port: '1e9' },
    { limit: '0' },
    { limit: String(MAX_EXPORT_ROWS + 1) },
    { format: 'xml' },
    { since: '2026-11-20' },
    { since: '2026-11-20T14:32:15' },
  ]) {
    expect([query, flowsQuerySchema.safeParse(query).success]).toEqual([query, false]);
  }
});

test('times have microseconds', () => {
  const { time } = flowRowSchema.shape;
  expect(time.safeParse('2026-11-20T14:32:15.123456Z').success).toBe(true);
  expect(time.safeParse('2026-11-20T14:32:15.123Z').success).toBe(false);
});

test('every list and statistic has a route', () => {
  const paths = ROUTES.map((route) => route.path);
  for (const list of Object.keys(LISTS)) expect(paths).toContain(`/api/v1/${list}`);
  for (const name of Object.keys(STATS)) expect(paths).toContain(`/api/v1/stats/${name}`);
  expect(new Set(ROUTES.map((route) => `${route.method} ${route.path}`)).size).toBe(ROUTES.length);
});

test('a subscription without lists is to everything; what is misspelt is refused', () => {
  expect(liveClientMessageSchema.parse({ type: 'subscribe' })).toEqual({
    type: 'subscribe',
    eventTypes: [],
  });
  for (const message of [
    { type: 'subscribe', eventType: ['dns'] },
    { type: 'subscribe', eventTypes: ['gopher'] },
    { type: 'unsubscribe' },
    { type: 'pause', forMs: 1 },
    null,
  ]) {
    expect([message, liveClientMessageSchema.safeParse(message).success]).toEqual([message, false]);
  }
});
