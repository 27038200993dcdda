// What people said of findings: the narrowest threshold counts, whatever an address is written like.
import { expect, test } from 'vitest';
import { belowOf, normalOf, type Said } from './said.ts';

const beacon: Said = { kind: 'beacon', subject: '10.0.0.5', about: 'x', score: 60 };

test('what is normal is not told: at all, at a device, for everybody', () => {
  const at = (subject: string | null, about: string): boolean =>
    normalOf([{ kind: 'beacon', subject, about }])(beacon);
  expect([at('10.0.0.5', 'x'), at('10.0.0.5', ''), at(null, 'x'), at(null, '')]).toEqual([
    ...[true, true, true, true],
  ]);
  expect([at('10.0.0.6', 'x'), at('10.0.0.5', 'y')]).toEqual([false, false]);
  expect(normalOf([{ kind: 'tor', subject: null, about: '' }])(beacon)).toBe(false);
});

test.each([
  ['none', [], false],
  ['of all', [[null, null, 61]], true],
  [
    'of the kind, which is narrower',
    [
      [null, null, 61],
      ['beacon', null, 60],
    ],
    false,
  ],
  [
    'of the device, narrower still',
    [
      ['beacon', null, 60],
      [null, '10.0.0.5', 61],
    ],
    true,
  ],
  [
    'of both, narrowest',
    [
      [null, '10.0.0.5', 61],
      ['beacon', '10.0.0.5', 60],
    ],
    false,
  ],
  ['of another kind', [['tor', null, 100]], false],
  ['of another device', [[null, '10.0.0.6', 100]], false],
] as const)('thresholds: %s', (_name, rows, isQuiet) => {
  const thresholds = rows.map(([kind, subject, min]) => ({ kind, subject, min_score: min }));
  expect(belowOf(thresholds)(beacon)).toBe(isQuiet);
});

test('one spelling of an address', () => {
  const thresholds = [{ kind: null, subject: 'fd00:0:0::1', min_score: 70 }];
  expect(belowOf(thresholds)({ ...beacon, subject: 'fd00::1' })).toBe(true);
});
