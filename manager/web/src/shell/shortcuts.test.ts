import { expect, test } from 'vitest';
import { isAt, PLACES } from './places.ts';
import { readShortcut } from './shortcuts.ts';

test('every page has a key of its own', () => {
  expect(new Set(PLACES.map(({ key }) => key)).size).toBe(PLACES.length);
  for (const { key, path } of PLACES) {
    expect(readShortcut(key, true)).toEqual({ does: 'go', path });
  }
});

test('keys without the prefix, and the prefix with a strange one', () => {
  expect(readShortcut('/', false)).toEqual({ does: 'search' });
  expect(readShortcut('?', false)).toEqual({ does: 'help' });
  expect(readShortcut('g', false)).toEqual({ does: 'prefix' });
  expect(readShortcut('f', false)).toEqual({ does: 'nothing' });
  expect(readShortcut('z', true)).toEqual({ does: 'nothing' });
});

test('the page of one device belongs to the devices', () => {
  expect(PLACES.filter((place) => isAt(place, '/device')).map(({ path }) => path)).toEqual([
    '/devices',
  ]);
  expect(PLACES.filter((place) => isAt(place, '/')).map(({ path }) => path)).toEqual(['/']);
});
