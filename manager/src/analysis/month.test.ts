// A generated month of 200 devices with 30 incidents, another one in each run: what is found, and what is made up.
import { expect, test } from 'vitest';
import { runMonth } from './simulation/run-month.ts';

const kDevices = 200;
/** Less traffic than `node bench/analysis/main.ts` gives it, and no less of what is planted. */
const kFlowsPerHour = 3;

test('nine of ten incidents are found, and at most one false alert comes of a device and month', {
  timeout: 600_000,
}, () => {
  const seed = Date.now() % 1e9;
  console.log(`month: seed ${seed}`);
  const { incidents, missed, falseAlerts, devices } = runMonth(seed, {
    flowsPerHour: kFlowsPerHour,
  });
  expect(devices).toBe(kDevices);
  expect(incidents).toHaveLength(30);
  expect(missed.map(({ name }) => name).length / incidents.length).toBeLessThanOrEqual(0.1);
  expect(falseAlerts.length / devices).toBeLessThanOrEqual(1);
});
