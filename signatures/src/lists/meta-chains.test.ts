/** Entries of several lists: what has expired hides nothing, and the order of lists changes nothing. */
import { expect, test } from 'vitest';
import { IndicatorCollector } from './indicators.ts';

interface Given {
  readonly key: string;
  readonly sid: number;
  readonly confidence: number;
  readonly expires: number;
}

function resultOf(kind: 'domain' | 'ipv4', given: readonly Given[]) {
  const collector = new IndicatorCollector();
  for (const { key, ...facts } of given) {
    const names = { list: `l${facts.sid}`, source: 's', category: 'c', severity: 1 };
    collector.add(kind, key, collector.meta({ ...names, ...facts }));
  }
  return collector.result();
}

/** Signature ids in the order in which they count. */
function chainsOf({ metas, tables }: ReturnType<typeof resultOf>) {
  return (tables[0]?.metas ?? []).map((place) => {
    const sids: number[] = [];
    for (let at = place + 1; at !== 0; at = metas[at - 1]?.otherwise ?? 0) {
      expect(metas[at - 1]?.otherwise).toBeLessThan(at);
      sids.push(metas[at - 1]?.sid ?? 0);
    }
    return sids;
  });
}

const entry = (sid: number, confidence: number, expires: number, key = 'com.bad.'): Given => ({
  key,
  sid,
  confidence,
  expires,
});

test.each<[string, Given[], number[]]>([
  ['the surer one never expires', [entry(1, 90, 0), entry(2, 50, 0)], [1]],
  ['the surer one expires', [entry(1, 90, 100), entry(2, 50, 0)], [1, 2]],
  ['the other one expires sooner', [entry(1, 90, 100), entry(2, 50, 99)], [1]],
  ['three', [entry(1, 50, 0), entry(2, 70, 200), entry(3, 90, 100)], [3, 2, 1]],
])('%s', (_name, given, chain) => {
  const result = resultOf('domain', given);
  expect(chainsOf(result)).toEqual([chain]);
  expect(resultOf('domain', [...given].reverse())).toEqual(result);
});

test('at most so many links', () => {
  const given = Array.from({ length: 20 }, (_, i) => entry(i + 1, 90 - i, 100 + i));
  expect(chainsOf(resultOf('domain', given))[0]).toHaveLength(8);
});

test('an expired address does not hide its network', () => {
  const network = '\x0a\x00\x00\x00\x0a\x00\x00\xff';
  const address = '\x0a\x00\x00\x07\x0a\x00\x00\x07';
  const result = resultOf('ipv4', [entry(1, 50, 0, network), entry(2, 50, 100, address)]);
  expect(chainsOf(result)).toEqual([[1], [2, 1], [1]]);
});
