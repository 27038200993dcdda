// docs/errors.md lists every error code with its exit status and its meaning, and no other.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERROR_CODES, type ErrorCode, NetmothError } from './errors.ts';

const DOCUMENT = join(import.meta.dirname, '..', '..', 'docs', 'errors.md');

interface Documented {
  readonly code: string;
  readonly exit: number;
  readonly meaning: string;
  readonly remedy: string;
}

function documentedErrors(): Documented[] {
  const rows = readFileSync(DOCUMENT, 'utf8').matchAll(
    /^\| `(NM_\w+)` \| (\d+) \| ([^|]+) \| ([^|]+) \|$/gm,
  );
  return [...rows].map(([, code = '', exit, meaning = '', remedy = '']) => {
    return { code, exit: Number(exit), meaning: meaning.trim(), remedy: remedy.trim() };
  });
}

test('the document and the table agree', () => {
  const documented = documentedErrors();
  expect(documented.map(({ code, exit, meaning }) => ({ code, exit, meaning }))).toEqual(
    Object.entries(ERROR_CODES).map(([code, { exit, meaning }]) => ({ code, exit, meaning })),
  );
  for (const { code, remedy } of documented)
    expect([code, remedy.length > 10]).toEqual([code, true]);
});

test('an error carries its code, its exit status, its cause and whether to try again', () => {
  const cause = new Error('ECONNREFUSED');
  const error = new NetmothError('NM_BUS_UNAVAILABLE', 'no NATS', { cause, retryable: true });
  expect(error).toBeInstanceOf(Error);
  expect({ ...error, cause: error.cause, exit: error.exitStatus }).toMatchObject({
    code: 'NM_BUS_UNAVAILABLE' satisfies ErrorCode,
    retryable: true,
    cause,
    exit: 75,
  });
  expect('cause' in new NetmothError('NM_USAGE', 'no cause')).toBe(false);
  expect(new NetmothError('NM_USAGE', 'not again').retryable).toBe(false);
});
