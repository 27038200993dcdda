import { expect, test } from 'vitest';
import { type MeasuredMemory, memoryFaults } from './measure.ts';

const part = { model: 100, held: 90 };
const parts = {
  ...{ flows: part, sessions: part, reassembly: part, rule_streams: part },
  ...{ codecs: part, defrag: part, dns_cache: part },
};
const measured = (grown: number): MeasuredMemory => ({
  ...parts,
  ...{ active: 10, model: 1000, grown, packets: 1 },
});

test('a tenth more or less is let pass', () => {
  expect(memoryFaults(10, measured(1100))).toEqual([]);
  expect(memoryFaults(10, measured(900))).toEqual([]);
  expect(memoryFaults(10, measured(1101))).toHaveLength(1);
  expect(memoryFaults(10, measured(899))).toHaveLength(1);
  expect(memoryFaults(10, measured(899), 0.25)).toEqual([]);
  expect(memoryFaults(10, measured(1101), 0.25)).toHaveLength(1);
});

test('a part beyond its bound and a table that is not full are faults', () => {
  const over = { ...measured(1000), codecs: { model: 100, held: 101 } };
  expect(memoryFaults(10, over)).toEqual(['codecs: holds 101 octets, more than 100']);
  expect(memoryFaults(11, measured(1000))).toEqual(['10 flows, not 11']);
});
