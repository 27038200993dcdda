/**
 * Objects by their names.
 *
 * Invariant: "namespace/name" is made when somebody asks for it and never kept: of 100,000 pods these texts alone would
 * take 10 MB.
 */
import { type KubeObject, keyOf } from './resource.ts';

export class ObjectStore<Kept extends KubeObject> {
  /** By namespace (empty: of the cluster), then by name. */
  readonly #spaces = new Map<string, Map<string, Kept>>();

  get size(): number {
    let size = 0;
    for (const space of this.#spaces.values()) size += space.size;
    return size;
  }

  get(key: string): Kept | undefined {
    const [namespace, name] = partsOf(key);
    return this.#spaces.get(namespace)?.get(name);
  }

  set(object: Kept): void {
    const { namespace = '', name } = object.metadata;
    const space = this.#spaces.get(namespace);
    if (space === undefined) this.#spaces.set(namespace, new Map([[name, object]]));
    else space.set(name, object);
  }

  delete(key: string): void {
    const [namespace, name] = partsOf(key);
    const space = this.#spaces.get(namespace);
    space?.delete(name);
    if (space?.size === 0) this.#spaces.delete(namespace);
  }

  *values(): Generator<Kept> {
    for (const space of this.#spaces.values()) yield* space.values();
  }

  *keys(): Generator<string> {
    for (const object of this.values()) yield keyOf(object);
  }
}

/** No name has a slash. */
function partsOf(key: string): readonly [namespace: string, name: string] {
  const at = key.indexOf('/');
  return at < 0 ? ['', key] : [key.slice(0, at), key.slice(at + 1)];
}
