import { expect, it } from 'vitest';
import { APPLIED_ANNOTATION, contains, isApplied, withDigest } from './applied.ts';

const wish = {
  metadata: { name: 'a', labels: { x: '1' } },
  spec: { list: [{ port: 1 }], empty: {}, none: [], deep: { on: true } },
};

it('a live object with defaults added is applied; one with a value changed is not', () => {
  const wanted = withDigest(wish);
  const live = {
    ...wanted,
    metadata: { ...wanted.metadata, uid: 'u' },
    spec: { list: [{ port: 1, protocol: 'TCP' }], deep: { on: true, more: 1 } },
  };
  expect(isApplied(wanted, live)).toBe(true);
  expect(isApplied(wanted, undefined)).toBe(false);
  const changed = [
    { ...live.spec, deep: { on: false } },
    { ...live.spec, list: [] },
    { ...live.spec, list: [{ port: 1 }, { port: 2 }] },
    { list: live.spec.list },
  ];
  for (const spec of changed) expect(isApplied(wanted, { ...live, spec } as never)).toBe(false);
});

it('a wish with less in it is another wish, although the object shows all of it', () => {
  const live = withDigest(wish);
  const less = withDigest({ metadata: { name: 'a' }, spec: { deep: { on: true } } });
  expect(contains(live, { spec: { deep: { on: true } } })).toBe(true);
  expect(isApplied(less, live)).toBe(false);
  expect(withDigest(wish).metadata).toHaveProperty(['annotations', APPLIED_ANNOTATION]);
});
