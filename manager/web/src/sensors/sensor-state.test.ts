import { expect, test } from 'vitest';
import type { SensorRow } from '../api/contract.ts';
import { fleetOf, sensorTone } from './sensor-state.ts';

const condition = (status: 'True' | 'False') => ({ type: 'Capturing', status }) as const;
const sensor = (fields: Partial<SensorRow>, status: 'True' | 'False' = 'True') =>
  ({
    reporting: true,
    lossRatio: 0,
    eventsLost: 0,
    report: { conditions: [condition(status)] },
    ...fields,
  }) as SensorRow;

test('silence outweighs a failing condition, which outweighs loss', () => {
  expect(sensorTone(sensor({})).word).toBe('healthy');
  expect(sensorTone(sensor({ lossRatio: 0.0005 })).word).toBe('healthy');
  expect(sensorTone(sensor({ lossRatio: 0.02 })).word).toBe('losing');
  expect(sensorTone(sensor({ eventsLost: 1 })).word).toBe('losing');
  expect(sensorTone(sensor({ lossRatio: 0.02 }, 'False')).word).toBe('degraded');
  expect(sensorTone(sensor({ reporting: false, lossRatio: 0.02 }, 'False')).word).toBe('silent');
});

test('a fleet is counted by state and shown worst first; state and search choose', () => {
  const named = (node: string, fields: Partial<SensorRow>) => {
    const row = sensor(fields);
    return { ...row, report: { ...row.report, node, sensor: 'edge' } } as SensorRow;
  };
  const fleet = [
    named('b', {}),
    named('a', {}),
    named('leaking', { lossRatio: 0.02 }),
    named('pouring', { lossRatio: 0.5 }),
    named('gone', { reporting: false }),
  ];
  const nodes = (state: string | null, search: string | null) =>
    fleetOf(fleet, { state, search }).chosen.map(({ report }) => report.node);
  expect(nodes(null, null)).toEqual(['gone', 'pouring', 'leaking', 'a', 'b']);
  expect(nodes('losing', null)).toEqual(['pouring', 'leaking']);
  expect(nodes(null, 'LEAK')).toEqual(['leaking']);
  expect(nodes('silent', 'leak')).toEqual([]);
  expect([...fleetOf(fleet, { state: 'silent', search: null }).counts]).toEqual([
    ['healthy', 2],
    ['losing', 2],
    ['silent', 1],
  ]);
});
