import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ObjectStore } from './object-store.ts';
import { type KubeObject, keyOf } from './resource.ts';

const object = (
  namespace: string | undefined,
  name: string,
  resourceVersion = '1',
): KubeObject => ({
  metadata: { ...(namespace === undefined ? {} : { namespace }), name, resourceVersion },
});

it('keeps objects of namespaces and of the cluster apart', () => {
  const store = new ObjectStore();
  store.set(object('a', 'x', '1'));
  store.set(object('b', 'x', '2'));
  store.set(object(undefined, 'x', '3'));
  const versions = ['a/x', 'b/x', 'x'].map((key) => store.get(key)?.metadata.resourceVersion);
  expect(versions).toEqual(['1', '2', '3']);
  expect([store.get('c/x'), store.get('a/y'), store.get('a')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

it('is a map by key, whatever is done with it', () => {
  const name = fc.constantFrom('a', 'b', 'a.b', 'c-1');
  const step = fc.record({
    put: fc.boolean(),
    namespace: fc.option(name, { nil: undefined }),
    name,
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const store = new ObjectStore();
      const map = new Map<string, KubeObject>();
      for (const { put, namespace, name: called } of steps) {
        const made = object(namespace, called);
        if (put) store.set(made);
        else store.delete(keyOf(made));
        if (put) map.set(keyOf(made), made);
        else map.delete(keyOf(made));
      }
      expect(store.size).toBe(map.size);
      expect([...store.keys()].sort()).toEqual([...map.keys()].sort());
      for (const [key, made] of map) expect(store.get(key)).toBe(made);
      expect(new Set(store.values())).toEqual(new Set(map.values()));
    }),
  );
});
