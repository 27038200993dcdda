/**
 * Whether an object of the cluster is as we would apply it, so that a reconcile that changes nothing
 * sends nothing.
 *
 * Invariants: "yes" is said only when the object carries the digest of exactly this wish and shows every
 * value of it; defaults that the API server added do not matter, a value that somebody changed does.
 */
import { createHash } from 'node:crypto';
import type { KubeObject } from './resource.ts';

export const APPLIED_ANNOTATION = 'netmoth.io/applied';

/** The wish, with its own digest as an annotation. */
export function withDigest<T extends KubeObject>(wanted: T): T {
  const digest = createHash('sha256').update(JSON.stringify(wanted)).digest('hex').slice(0, 16);
  const annotations = { ...wanted.metadata.annotations, [APPLIED_ANNOTATION]: digest };
  return { ...wanted, metadata: { ...wanted.metadata, annotations } };
}

/** Of a wish made by withDigest. */
export function isApplied(wanted: KubeObject, live: KubeObject | undefined): boolean {
  return live !== undefined && contains(live, wanted);
}

/** Every value of `part` stands in `whole`; lists are compared item by item. */
export function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    if (whole === undefined) return part.length === 0;
    if (!Array.isArray(whole) || whole.length !== part.length) return false;
    return part.every((item, index) => contains(whole[index], item));
  }
  if (typeof part === 'object' && part !== null) {
    if (typeof whole !== 'object' || whole === null) return isEmpty(part);
    return Object.entries(part).every(([key, value]) => {
      const there = (whole as Record<string, unknown>)[key];
      return value === undefined || contains(there, value);
    });
  }
  return whole === part;
}

/** The API server keeps neither empty objects nor empty lists everywhere. */
function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
