import { expect, test } from 'vitest';
import { markdown, type Row } from './report.ts';

const row = (name: string, cpuSeconds: number): Row => ({
  capture: 'mixed',
  name,
  packets: 2_000_000,
  bits: 8e9,
  cpuSeconds,
  wallSeconds: cpuSeconds,
  maxRssMiB: 100,
});

test('ratios are of CPU time in the same run; what is not of this run says so', () => {
  const text = markdown([row('tcpdump', 0.5), row('netmoth', 2)], { size: '1G', repeat: 3 });
  expect(text).toContain('| mixed | netmoth | 2.00 | 2.00 | 4.00 | 1.00 | 4.0 | 8.0 | 100 |');
  expect(text).toContain('| mixed | tcpdump | 0.50 | 0.50 | 16.00 | 4.00 | 1.0 | - | 100 |');
  expect(text).toContain('facts.md, not this run');
});
