/** Sorting by steps agrees with plain comparison. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sortedPlaces } from './sorted-rows.ts';

function expectSorted(keys: readonly string[]): void {
  const plain = keys
    .map((key, place) => ({ key, place }))
    .sort((a, b) => (a.key === b.key ? a.place - b.place : a.key < b.key ? -1 : 1));
  const places = plain.map(({ place }) => place);
  expect([...sortedPlaces(keys)]).toEqual(places);
  // As if there were more keys than one step takes.
  expect([...sortedPlaces(keys, 20)]).toEqual(places);
}

test('keys of one width, many of them alike in their first bytes', () => {
  const byte = fc.constantFrom('\u0000', '\u0001', '\u007f', '\u00ff');
  const key = fc.array(byte, { minLength: 6, maxLength: 6 }).map((bytes) => bytes.join(''));
  fc.assert(fc.property(fc.array(key, { maxLength: 200 }), (keys) => expectSorted(keys)));
});

test('texts of any length', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 13 });
  fc.assert(fc.property(fc.array(text, { maxLength: 200 }), (keys) => expectSorted(keys)));
});
