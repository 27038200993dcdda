/** What docs/signatures.md says of keywords is what compiler and engine do with them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keywordTable } from '../testing/keyword-support.ts';

test('docs/signatures.md: `node cli/src/testing/keyword-support.ts` writes its table', async () => {
  const page = join(import.meta.dirname, '..', '..', '..', 'docs', 'signatures.md');
  const [, table] =
    /<!-- keywords -->\n([\s\S]*)<!-- end of keywords -->/.exec(readFileSync(page, 'utf8')) ?? [];
  expect(table).toBe(await keywordTable());
});
