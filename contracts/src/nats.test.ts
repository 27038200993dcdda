// Subjects and keys: whatever a host is called, the token is legal and the subject can be read back.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EVENT_CLASSES } from './eve.ts';
import {
  batchHeadersSchema,
  EVENTS_SUBJECT_PREFIX,
  eventsSubject,
  MAX_BATCH_EVENTS,
  nodeKey,
  parseEventsSubject,
  tokenSchema,
  toToken,
} from './nats.ts';

test('any name becomes a token that NATS takes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
      const token = toToken(name);
      expect(tokenSchema.safeParse(token).success).toBe(true);
      expect(toToken(token)).toBe(token);
    }),
  );
});

test('a subject is read back as it was made', () => {
  const token = fc.string({ maxLength: 40 }).map(toToken);
  fc.assert(
    fc.property(token, token, fc.constantFrom(...EVENT_CLASSES), (sensor, node, eventClass) => {
      const subject = eventsSubject(sensor, node, eventClass);
      expect(parseEventsSubject(subject)).toEqual({ sensor, node, eventClass });
      expect(subject.split('.')).toHaveLength(5);
      expect(nodeKey(sensor, node)).toBe(`${sensor}.${node}`);
    }),
  );
});

test('no other subject is taken for one of events', () => {
  for (const subject of [
    '',
    EVENTS_SUBJECT_PREFIX,
    `${EVENTS_SUBJECT_PREFIX}.a.b`,
    `${EVENTS_SUBJECT_PREFIX}.a.b.flow.c`,
    `${EVENTS_SUBJECT_PREFIX}.a.b.flows`,
    'netmoth.other.a.b.flow',
    'other.events.a.b.flow',
    `${EVENTS_SUBJECT_PREFIX}.${'a'.repeat(129)}.b.flow`,
    `${EVENTS_SUBJECT_PREFIX}.a.${'b'.repeat(3_000)}.flow`,
    `${EVENTS_SUBJECT_PREFIX}..b.flow`,
    `${EVENTS_SUBJECT_PREFIX}.a\0.b.flow`,
  ]) {
    expect([subject, parseEventsSubject(subject)]).toEqual([subject, undefined]);
  }
});

test('a batch says how many events it holds, within bounds', () => {
  const about = (count: string) => ({ msgId: crypto.randomUUID(), schema: '1', count });
  expect(batchHeadersSchema.parse(about(String(MAX_BATCH_EVENTS))).count).toBe(MAX_BATCH_EVENTS);
  for (const count of [String(MAX_BATCH_EVENTS + 1), '9999999999', '-1', '1.5', 'x', 'Infinity']) {
    expect([count, batchHeadersSchema.safeParse(about(count)).success]).toEqual([count, false]);
  }
});
