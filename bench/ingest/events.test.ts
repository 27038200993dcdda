import { expect, test } from 'vitest';
import { eveEventSchema } from '#contracts/eve.ts';
import { eveLines } from './events.ts';

test('the lines of the benchmark are events of the contract, the same for the same seed', () => {
  const [one, two] = [eveLines(7, 1_700_000_000_000), eveLines(7, 1_700_000_000_000)];
  const types = new Map<string, number>();
  for (let count = 0; count < 2_000; count++) {
    const line = one.next();
    expect(two.next()).toBe(line);
    const { event_type: type } = eveEventSchema.parse(JSON.parse(line));
    types.set(type, (types.get(type) ?? 0) + 1);
  }
  expect(Object.fromEntries(types)).toEqual({ flow: 1_000, dns: 600, tls: 200, http: 200 });
});
