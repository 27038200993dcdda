// What leaves the node: by class, and by flow.
import { expect, test } from 'vitest';
import { EVENT_CLASSES } from '#contracts/eve.ts';
import type { EventBatch } from '#contracts/native.ts';
import { EventFilter, sampled } from './event-filter.ts';

const kFlows = 2_000;
/** As large as the engine's get. */
const idOf = (flow: number): number => 2 ** 52 + flow * 977;

function batchOf(eventClass: EventBatch['eventClass'], lines: readonly string[]): EventBatch {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  return { eventClass, count: lines.length, bytes };
}
const lineOf = (flow: number, type: string): string =>
  JSON.stringify({ event_type: type, flow_id: idOf(flow), tx_id: flow });
const allOf = (type: string): string[] =>
  Array.from({ length: kFlows }, (_, flow) => lineOf(flow, type));
const idsOf = ({ bytes }: EventBatch): number[] =>
  Buffer.from(bytes)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).flow_id);

test('classes that are not wanted are left out and counted, and wanted again at once', () => {
  const filter = new EventFilter();
  const batch = batchOf('protocol', [lineOf(1, 'dns'), lineOf(2, 'tls')]);
  expect(filter.pass(batch)).toBe(batch);
  filter.select({ classes: ['alert'], flowSampling: 1 });
  expect(filter.pass(batch)).toBeUndefined();
  expect(filter.leftOut).toBe(2);
  filter.select({ classes: EVENT_CLASSES, flowSampling: 1 });
  expect(filter.pass(batch)).toBe(batch);
});

test.each([2, 10, 100])('one flow in %i is told, with all its events', (oneIn) => {
  const flows = sampled(batchOf('flow', allOf('flow')), oneIn);
  expect(Math.abs(flows.count - kFlows / oneIn)).toBeLessThan(4 * Math.sqrt(kFlows / oneIn));
  const told = idsOf(flows);
  expect(told).toHaveLength(flows.count);
  expect(idsOf(sampled(batchOf('protocol', allOf('dns')), oneIn))).toEqual(told);
});

test('alerts, stats, and events of no flow are all told; no line is cut', () => {
  const filter = new EventFilter();
  filter.select({ classes: EVENT_CLASSES, flowSampling: 10_000 });
  for (const eventClass of ['alert', 'stats'] as const) {
    const batch = batchOf(eventClass, allOf(eventClass));
    expect(filter.pass(batch)).toBe(batch);
  }
  const alone = batchOf('protocol', ['{"event_type":"anomaly"}', '{"event_type":"dhcp"}']);
  expect(filter.pass(alone)).toEqual(alone);
  const unended = { ...alone, bytes: Buffer.from(alone.bytes).subarray(0, -1) };
  expect(sampled(unended, 3)).toEqual(unended);
  expect(filter.leftOut).toBe(0);
});
