/** Keys of addresses agree with the numbers the rules' addresses are read as. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressValue } from '../model/endpoint-sets.ts';
import { addressKey } from './address-key.ts';

const hexOf = (key: string) => Buffer.from(key, 'latin1').toString('hex');

test.each([
  ['::', '0'.repeat(32)],
  ['::1', `${'0'.repeat(31)}1`],
  ['1::', `0001${'0'.repeat(28)}`],
  ['2001:db8::8:800:200C:417A', '20010db80000000000080800200c417a'],
  ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
  ['::2:3:4:5:6:7:8', '00000002000300040005000600070008'],
  ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
  ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
  ['fe80::1%eth0', 'fe800000000000000000000000000001'],
])('%s', (text, hex) => expect(hexOf(addressKey(text, 6))).toBe(hex));

test('as numbers', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      expect(hexOf(addressKey(text, 6))).toBe(addressValue(text).toString(16).padStart(32, '0'));
    }),
  );
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      expect(hexOf(addressKey(text, 4))).toBe(addressValue(text).toString(16).padStart(8, '0'));
    }),
  );
});
