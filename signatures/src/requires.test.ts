/** Rules that ask for what is here load, the others are skipped without a fault. */
import { expect, test } from 'vitest';
import { checkRules } from './check-rules.ts';

const check = (requires: string, options = '') => {
  const text = `alert ip any any -> any any (msg:"m"; requires:${requires}; ${options} sid:1;)`;
  const { loaded, skipped, failed, faults } = checkRules([{ name: 'x', text }]);
  return { loaded, skipped, failed, codes: faults.map(({ code }) => code) };
};
const LOADS = { loaded: 1, skipped: 0, failed: 0, codes: [] };
const SKIPPED = { loaded: 0, skipped: 1, failed: 0, codes: ['RULE_REQUIRES'] };

test.each([
  'version >= 7',
  'version >= 8.0.6',
  'version > 8.0.5 < 9',
  'version >= 7.0.4 < 8 | >= 8.0.3',
  'feature geoip, version >= 8',
  'keyword http.uri',
])('met: %s', (requires) => {
  expect(check(requires)).toEqual(LOADS);
});

test.each([
  'version >= 9',
  'version < 8.0.6',
  'version >= 7.0.4 < 8',
  'version = 8',
  'version',
  'feature lua',
  'keyword lua',
  'keyword what.ever',
  'moon full',
])('not met: %s', (requires) => {
  expect(check(requires)).toEqual(SKIPPED);
});

test('what only a newer program knows is no fault of a rule that says so', () => {
  expect(check('keyword new.buffer', 'new.buffer; content:"a";')).toEqual(SKIPPED);
  expect(check('version >= 8', 'new.buffer; content:"a";').failed).toBe(1);
});
