// Subjects and keys: whatever a host is called, the token is legal and the subject can be read back.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EVENT_CLASSES } from './eve.ts';
import {
  EVENTS_SUBJECT_PREFIX,
  eventsSubject,
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
  ]) {
    expect([subject, parseEventsSubject(subject)]).toEqual([subject, undefined]);
  }
});
