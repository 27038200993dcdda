import { expect, test } from 'vitest';
import { clientKey } from './client-key.ts';

test('IPv6 counts by its network of 64 bits, IPv4 by address in either writing', () => {
  const key = clientKey('2001:db8:1:2::1');
  expect(clientKey('2001:DB8:1:2:ffff:ffff:ffff:ffff')).toBe(key);
  expect(clientKey('2001:db8:1:2::1%eth0')).toBe(key);
  expect(clientKey('2001:db8:1:3::1')).not.toBe(key);
  expect(clientKey('::ffff:192.0.2.1')).toBe(clientKey('192.0.2.1'));
  expect(clientKey('192.0.2.2')).not.toBe(clientKey('192.0.2.1'));
  expect(clientKey('::1')).not.toBe(clientKey('127.0.0.1'));
  expect(clientKey('unknown')).toBe('unknown');
});
