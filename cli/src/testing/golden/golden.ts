/**
 * Golden alerts: for each keyword rules that must alert on packets made here, and rules that must not.
 *
 * Invariant: all rules of a group are one set over one capture, so they must not disturb each other: what they
 * remember has names of its own.
 */

import type { AddressFacts } from '#signatures/addresses/address-tables.ts';

/** [keyword, options that must alert, options that must not, how often the first alerts (1)] */
export type GoldenCase = readonly [string, string, string, number?];

export interface GoldenGroup {
  readonly name: string;
  /** Of the rules' header. */
  readonly protocol: string;
  readonly capture: Buffer;
  readonly cases: readonly GoldenCase[];
  /** Rules that others ask about; what they alert is not looked at. */
  readonly setup?: readonly string[];
  /** Files beside the rules, by name. */
  readonly lists?: Readonly<Record<string, string>>;
  /** What is known of addresses. */
  readonly addresses?: AddressFacts;
}

/** Signature ids: of the nth case 10n + 1 must alert, 10n + 2 must not; those of the set-up are below 10. */
export function rulesOf({ protocol, cases, setup = [] }: GoldenGroup): string {
  const rule = (options: string, sid: number) => {
    const own = /(^|[; ])sid:/.test(options) ? '' : ` sid:${sid};`;
    const asked = /(^|[; ])msg:/.test(options) ? '' : 'msg:"m"; ';
    return `alert ${protocol} any any -> any any (${asked}${options}${own})`;
  };
  const both = cases.flatMap(([, yes, no], at) => [
    rule(yes, 10 * (at + 1) + 1),
    rule(no, 10 * (at + 1) + 2),
  ]);
  return [...setup.map((options, at) => rule(options, at + 1)), ...both].join('\n');
}

/** How often each signature must alert; those that must not are absent. */
export function expectedOf({ cases }: GoldenGroup): ReadonlyMap<number, number> {
  return new Map(
    cases.map(([, , , times = 1], at): [number, number] => [10 * (at + 1) + 1, times]),
  );
}
