import { expect, test } from 'vitest';
import type { SensorRow } from '../api/contract.ts';
import { sensorTone } from './sensor-state.ts';

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
