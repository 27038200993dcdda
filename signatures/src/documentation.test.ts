/** What the documents say of codes and of the bundle's records is what the code does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BUNDLE_FAULTS } from '#contracts/bundle-faults.ts';
import { describeRecords } from './bundle/describe.ts';
import { RULE_FAULTS } from './faults.ts';

const document = (name: string) =>
  readFileSync(join(import.meta.dirname, '..', '..', 'docs', name), 'utf8');

test('docs/errors.md lists every code of a rule and of a bundle, and no other', () => {
  const rows = document('errors.md').matchAll(
    /^\| `((?:RULE|CONFIG|LIST|BUNDLE)_\w+)` \| (\w+) \| [^|]{10,} \|$/gm,
  );
  const refused = Object.keys(BUNDLE_FAULTS).map((code) => [code, 'refused']);
  expect([...rows].map(([, code, severity]) => [code, severity])).toEqual([
    ...Object.entries(RULE_FAULTS),
    ...refused,
  ]);
});

test('docs/bundle.md describes the records as they are written', () => {
  const [, records] =
    /<!-- records -->\n([\s\S]*)<!-- end of records -->/.exec(document('bundle.md')) ?? [];
  expect(records).toBe(describeRecords());
});
