/** Numbers and bytes: written and read the same, across every growth of the buffer and every bound. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BinaryReader, BinaryWriter } from './binary.ts';
import { BundleError } from './bundle-error.ts';

const value = fc.oneof(
  fc.record({ type: fc.constant('u8' as const), value: fc.nat(255) }),
  fc.record({ type: fc.constant('u16' as const), value: fc.nat(65_535) }),
  fc.record({ type: fc.constant('u32' as const), value: fc.nat(2 ** 32 - 1) }),
  fc.record({ type: fc.constant('u64' as const), value: fc.maxSafeNat() }),
  fc.record({ type: fc.constant('varint' as const), value: fc.maxSafeNat() }),
  fc.record({
    type: fc.constant('zigzag' as const),
    value: fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 }),
  }),
);

test('any numbers read as they were written', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 200 }), (values) => {
      const out = new BinaryWriter();
      for (const { type, value } of values) out[type](value);
      const from = new BinaryReader(out.bytes());
      for (const { type, value } of values) expect(from[type]()).toBe(value);
      expect(from.left).toBe(0);
    }),
  );
});

test('each way of writing keeps its bytes where the buffer grows', () => {
  const ways: Readonly<Record<string, (out: BinaryWriter) => void>> = {
    u8: (out) => out.u8(0xab),
    u16: (out) => out.u16(0xabab),
    u32: (out) => out.u32(0xabababab),
    raw: (out) => out.raw(Uint8Array.of(0xab, 0xab, 0xab)),
    latin1: (out) => out.latin1('\u00ab\u00ab\u00ab'),
  };
  for (const [name, write] of Object.entries(ways)) {
    const out = new BinaryWriter();
    while (out.length < 100_000) write(out);
    expect(
      out.bytes().every((byte) => byte === 0xab),
      name,
    ).toBe(true);
  }
});

test('what ends too early, is too long or lies about its length is refused', () => {
  const read = (bytes: readonly number[]) => new BinaryReader(Uint8Array.from(bytes));
  expect(() => read([1]).u16()).toThrow(BundleError);
  expect(() => read([0x80]).varint()).toThrow(BundleError);
  expect(() => read(Array.from({ length: 9 }, () => 0xff)).varint()).toThrow(BundleError);
  expect(() => read(Array.from({ length: 8 }, () => 0xff)).u64()).toThrow(BundleError);
  expect(() => read([200, 1, 0]).count()).toThrow(BundleError);
  expect(() => read([0]).raw(-1)).toThrow(BundleError);
});
