// What is wanted of a node and what it has loaded; bundles are published once.
import { expect, test } from 'vitest';
import { BUNDLE_FAULT_REASONS, bundleErrorCode, bundleFaultReason } from './bundle-faults.ts';
import { desiredSchema } from './nats.ts';
import {
  bundleDigestOf,
  bundleDigestSchema,
  publishBundle,
  reportedSignaturesSchema,
} from './signature-store.ts';

const digest = bundleDigestOf('ab'.repeat(32));

test('a digest is made of octets or of digits, and nothing else is one', () => {
  expect(bundleDigestOf(Buffer.alloc(32, 0xab))).toBe(digest);
  for (const wrong of ['ab'.repeat(32), 'sha256:', `sha256:${'AB'.repeat(32)}`, `${digest}0`, '']) {
    expect([wrong, bundleDigestSchema.safeParse(wrong).success]).toEqual([wrong, false]);
    const wish = { generation: 1, signatures: { digest: wrong } };
    expect([wrong, desiredSchema.safeParse(wish).success]).toEqual([wrong, false]);
  }
});

test('reports of older sensors are read: a digest alone is of a set in use', () => {
  expect(reportedSignaturesSchema.parse({ digest })).toEqual({ state: 'active', digest });
  expect(reportedSignaturesSchema.safeParse({ state: 'odd' }).success).toBe(false);
});

test('every reason has a code, by who has to do something', () => {
  const codes = new Map(BUNDLE_FAULT_REASONS.map((reason) => [reason, bundleErrorCode(reason)]));
  expect(codes.get('BUNDLE_CORRUPT')).toBe('NM_BUNDLE_INVALID');
  expect(codes.get('BUNDLE_KEY')).toBe('NM_BUNDLE_UNTRUSTED');
  expect(codes.get('BUNDLE_MISSING')).toBe('NM_BUNDLE_UNAVAILABLE');
  expect(bundleFaultReason('BUNDLE_KEY')).toBe('BUNDLE_KEY');
  expect(bundleFaultReason('toString')).toBeUndefined();
});

test('a bundle is published once; with a signature, once more', async () => {
  const objects = new Map<string, number>();
  const store = {
    info: async (name: string) => {
      const size = objects.get(name);
      return size === undefined ? null : { deleted: false, size };
    },
    putBlob: async ({ name }: { name: string }, data: Uint8Array) => {
      objects.set(name, data.length);
    },
  };
  expect(await publishBundle(store, digest, Buffer.alloc(8))).toBe(true);
  expect(await publishBundle(store, digest, Buffer.alloc(8))).toBe(false);
  expect(await publishBundle(store, digest, Buffer.alloc(112))).toBe(true);
  await expect(publishBundle(store, 'latest', Buffer.alloc(8))).rejects.toThrow();
  expect([...objects]).toEqual([[digest, 112]]);
});
