/**
 * What the operator's own objects in the store of signatures are called, beside bundles by digest.
 *
 * Invariant: each name is made from what the object says, so an object is never changed.
 */
import { createHash } from 'node:crypto';
import { OPERATOR_OBJECT_PREFIX } from '#contracts/signature-store.ts';

/** A revision's input, to compile it again with other sets. */
export function packName(revision: string): string {
  return `${OPERATOR_OBJECT_PREFIX}${revision}`;
}

/** Which bundle the revisions of several sets came to, in the order of their priority. */
export function mergedName(parts: readonly PartName[]): string {
  const text = JSON.stringify(parts.map(({ set, revision }) => [set, revision]));
  return `merged.${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

export interface PartName {
  readonly set: string;
  readonly revision: string;
}
