/** Files of a set that its rules name. */
import { expect, test } from 'vitest';
import { loadRules } from './check-rules.ts';
import { FilesBeside, parted } from './files-beside.ts';

const named = (names: readonly string[]) => names.map((name) => ({ name, text: '' }));
const namesOf = (files: readonly { readonly name: string }[]) => files.map(({ name }) => name);

test('rules and what they name', () => {
  const { rules, data } = parted(
    named([
      'a.rules',
      'x/bad.lst',
      'threshold.config',
      'categories.txt',
      'b.txt',
      'reputation.list',
    ]),
  );
  expect(namesOf(rules)).toEqual(['a.rules', 'b.txt']);
  expect(namesOf(data)).toEqual(['x/bad.lst']);
});

test('a single file is rules, whatever it is called', () => {
  expect(namesOf(parted(named(['emerging.list'])).rules)).toEqual(['emerging.list']);
});

test('a name is looked up beside the rule, and nowhere above the set', () => {
  const beside = new FilesBeside([
    { name: 'x/bad.lst', text: 'of x' },
    { name: 'bad.lst', text: 'of the top' },
  ]);
  expect(beside.text('bad.lst', 'x/a.rules')).toBe('of x');
  expect(beside.text('../bad.lst', 'x/a.rules')).toBe('of the top');
  expect(beside.text('./bad.lst', 'a.rules')).toBe('of the top');
  expect(beside.text('../../bad.lst', 'x/a.rules')).toBeUndefined();
  expect(beside.text('/bad.lst', 'a.rules')).toBe('of the top');
});

test('datasets of rules that loaded', () => {
  const beside = new FilesBeside([{ name: 'v.lst', text: 'YQ==' }]);
  const options = 'http.uri; dataset:isset,d,type string,load v.lst;';
  const text = `alert http any any -> any any (msg:"x"; ${options} sid:1;)`;
  const loaded = loadRules([{ name: 'a.rules', text }]);
  expect([...beside.datasetFiles(loaded).values()]).toEqual(['YQ==']);
});
