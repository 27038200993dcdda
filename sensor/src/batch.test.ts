// Packing and cutting of batches: every line arrives once, whole, in a body small enough.
import { randomUUID } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventBatch } from '#contracts/native.ts';
import { compressAside, compressNow, encode, split } from './batch.ts';

const ofLines = (lines: readonly string[]): EventBatch => ({
  eventClass: 'flow',
  count: lines.length,
  bytes: Buffer.from(lines.map((line) => `${line}\n`).join('')),
});
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

test('a batch becomes one zstd frame with its count', async () => {
  const batch = ofLines(['{"a":1}', '{"b":2}']);
  for (const compress of [compressAside, compressNow]) {
    const packed = await encode(batch, { maxBodyBytes: 1_000, newId: randomUUID, compress });
    expect(packed.batches).toMatchObject([{ count: 2, eventClass: 'flow', schema: 1 }]);
    expect(text(zstdDecompressSync(packed.batches[0]?.body ?? Buffer.of()))).toBe(
      text(batch.bytes),
    );
  }
});

test('what does not fit is cut at line ends; a single line too long is counted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: fc.constantFrom(...'abcdefghij0123456789'), maxLength: 120 })),
      async (lines) => {
        const maxBodyBytes = 90;
        const packed = await encode(ofLines(lines), {
          ...{ maxBodyBytes, newId: randomUUID, compress: compressNow },
        });
        const out = packed.batches.flatMap(({ body, count }) => {
          expect(body.length).toBeLessThanOrEqual(maxBodyBytes);
          const unpacked = text(zstdDecompressSync(body)).split('\n').slice(0, -1);
          expect(unpacked.length).toBe(count);
          return unpacked;
        });
        expect(out.length + packed.tooLarge).toBe(lines.length);
        expect(out).toEqual(lines.filter((line) => out.includes(line)));
      },
    ),
  );
});

test('split keeps every byte and cannot cut a single line', () => {
  const halves = split(ofLines(['a', 'bb', 'ccc']));
  expect(halves?.map(({ count }) => count).reduce((a, b) => a + b)).toBe(3);
  expect(halves?.map(({ bytes }) => text(bytes)).join('')).toBe('a\nbb\nccc\n');
  expect(split(ofLines(['only one']))).toBeUndefined();
});

test('nothing in, nothing out', async () => {
  const packed = await encode(ofLines([]), {
    ...{ maxBodyBytes: 100, newId: randomUUID, compress: compressNow },
  });
  expect(packed).toEqual({ batches: [], tooLarge: 0 });
});
