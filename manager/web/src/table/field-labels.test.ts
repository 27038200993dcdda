// The details leave nothing out and every field of the contract has a name.
import { expect, test } from 'vitest';
import { LISTS, type ListName } from '#contracts/rest.ts';
import { fieldLabel, fieldText, shownFields } from './field-labels.ts';

test('every field of every event row has a label of its own', () => {
  const lists = (Object.keys(LISTS) as ListName[]).filter((list) => list !== 'devices');
  for (const list of lists) {
    for (const field of Object.keys(LISTS[list].row.shape)) {
      expect(fieldLabel(field), field).not.toBe(field);
    }
  }
});

test('empty fields are left out, a zero and a no are not', () => {
  const row = { id: '7', time: 't', length: 0, alerted: false, answers: [], sni: null, url: '' };
  expect(shownFields(row).map(([field]) => field)).toEqual(['time', 'length', 'alerted', 'id']);
});

test('an unknown field is shown as it is', () => {
  expect(fieldLabel('vlan')).toBe('vlan');
  expect(fieldText('vlan', [12, 13])).toBe('12\n13');
  expect(fieldText('kubernetes', { pod: 'a' })).toBe('{"pod":"a"}');
  expect(fieldText('bytes_toserver', 1_958_208)).toBe('1.96 MB (1,958,208)');
});
