import { expect, test } from 'vitest';
import { join, pageHref, readFilters, withPatch } from './url-state.ts';

const params = new URLSearchParams('last=6h&device=192.0.2.1&port=443');

test('a patch sets, replaces and removes', () => {
  const next = withPatch(params, { port: '80', device: null, domain: 'a.example' });
  expect(Object.fromEntries(next)).toEqual({ last: '6h', port: '80', domain: 'a.example' });
  expect(params.get('port')).toBe('443');
});

test('another page keeps the range and nothing else', () => {
  expect(pageHref(params, '/dns')).toBe('/dns?last=6h');
  expect(pageHref(params, '/dns', { rrname: 'a.example' })).toBe('/dns?last=6h&rrname=a.example');
  expect(pageHref(new URLSearchParams(), '/dns')).toBe('/dns');
});

test('only known filters are read', () => {
  expect(readFilters(params, ['port', 'device', 'sensor'])).toEqual({
    port: '443',
    device: '192.0.2.1',
  });
});

test('values are escaped', () => {
  const path = join('/flows', new URLSearchParams({ community_id: '1:a+b/c=' }));
  expect(new URL(path, 'http://x').searchParams.get('community_id')).toBe('1:a+b/c=');
});
