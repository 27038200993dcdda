// The model beside the table: it is asked for last resorts alone, and answers where it is sure.
import { expect, test } from 'vitest';
import { NaiveBayes, type TrafficModel, verdictWith, wordsOf } from './traffic-model.ts';
import { type TrafficFacts, trafficType } from './traffic-type.ts';

const flow: TrafficFacts = {
  ...{ proto: 'TCP', appProto: 'tls', application: undefined, category: undefined, domain: null },
  ...{ srcPort: 50_000, destPort: 443, bytesToServer: 900, bytesToClient: 9_000 },
  ...{ packetsToServer: 9, packetsToClient: 9, seconds: 3, flowState: 'CLOSED' },
  ...{ sizes: [517, -1400], gapsUs: [10] },
};
const always: TrafficModel = { kindOf: () => 'gaming' };

test('the model speaks where the table has no more than a last resort', () => {
  expect(trafficType(flow).rule).toBe('web.protocol');
  expect(verdictWith(always, flow, trafficType(flow))).toEqual({ type: 'gaming', rule: 'model' });
  expect(verdictWith(undefined, flow, trafficType(flow)).type).toBe('web');
  const ssh = { ...flow, appProto: 'ssh', destPort: 22 };
  expect(verdictWith(always, ssh, trafficType(ssh)).type).toBe('remote_access');
  const unsure: TrafficModel = { kindOf: () => undefined };
  expect(verdictWith(unsure, flow, trafficType(flow)).type).toBe('web');
});

test('naive Bayes follows its words, and is silent below its margin', () => {
  const word = wordsOf(flow)[0] ?? '';
  const figures = { unseen: { web: -9, gaming: -9 }, words: { [word]: { web: -8, gaming: -1 } } };
  expect(new NaiveBayes({ ...figures, margin: 0.1 }).kindOf(flow)).toBe('gaming');
  expect(new NaiveBayes({ ...figures, margin: 5 }).kindOf(flow)).toBeUndefined();
});

test.each([[], [Number.NaN], [1e308, -1e308]])('words are of finite figures: %s', (...sizes) => {
  for (const word of wordsOf({ ...flow, sizes, gapsUs: sizes, seconds: Number.NaN })) {
    expect(word).not.toMatch(/NaN|Infinity/);
  }
});
