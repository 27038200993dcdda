import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { APP_PROTOCOLS } from './app-protocols.ts';

const source = join(import.meta.dirname, '../../native/src/protocols/app_proto.cc');

test('the protocols of the contract are those of the engine', () => {
  const names = [...readFileSync(source, 'utf8').matchAll(/return "([^"]+)"/g)].map(
    ([, name]) => name,
  );
  const known = new Set(names.filter((name) => name !== 'unknown' && name !== 'failed'));
  expect(known.size).toBeGreaterThan(20);
  expect([...APP_PROTOCOLS].sort()).toEqual([...known].sort());
});
