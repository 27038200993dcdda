/** Cases of keywords: what must alert, and what must not. */
import { expect } from 'vitest';
import { alertsOf } from './alerts-of.ts';

/** [keyword, options of a rule that must alert once, options of one that must not] */
export type KeywordCase = readonly [string, string, string];
/** [protocol, traffic, cases] */
export type KeywordCases = readonly [string, Buffer, readonly KeywordCase[]];

export async function expectCase(protocol: string, [, yes, no]: KeywordCase, capture: Buffer) {
  const rules = [
    `alert ${protocol} any any -> any any (${yes} sid:1;)`,
    `alert ${protocol} any any -> any any (${no} sid:2;)`,
  ].join('\n');
  expect(await alertsOf(rules, capture)).toMatchObject({ faults: [], notMatched: [], ids: [1] });
}
