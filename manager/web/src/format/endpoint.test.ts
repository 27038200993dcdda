import { expect, test } from 'vitest';
import { formatCountry, formatEndpoint } from './endpoint.ts';

test('an IPv6 address with a port stands in brackets', () => {
  expect(formatEndpoint('192.0.2.1', 443)).toBe('192.0.2.1:443');
  expect(formatEndpoint('2001:db8::1', 443)).toBe('[2001:db8::1]:443');
  expect(formatEndpoint('2001:db8::1', null)).toBe('2001:db8::1');
  expect(formatEndpoint(null, 443)).toBe('–');
});

test('a country is named, what is no country stays', () => {
  expect(formatCountry('DE')).toBe('Germany');
  expect(formatCountry('de')).toBe('de');
  expect(formatCountry('other')).toBe('other');
});
