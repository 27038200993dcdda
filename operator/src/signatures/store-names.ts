/**
 * What the operator's own objects in the store of signatures are called, beside bundles by digest.
 *
 * Invariant: each name is made from what the object says, so an object is never changed.
 */
import { createHash } from 'node:crypto';
import { OPERATOR_OBJECT_PREFIX } from '#contracts/signature-store.ts';

const kMergedPrefix = 'merged.';
/** Begins the description of bundles that an operator made: a manager may keep others beside them. */
const kBundle = 'SignatureSets, ';

/** A revision's input, to compile it again with other sets. */
export function packName(revision: string): string {
  return `${OPERATOR_OBJECT_PREFIX}${revision}`;
}

/** Which bundle the revisions of several sets came to, in the order of their priority. */
export function mergedName(parts: readonly PartName[]): string {
  const text = JSON.stringify(parts.map(({ set, revision }) => [set, revision]));
  return `${kMergedPrefix}${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

/** Says as well who signed it, so that what another key signed is found. */
export function bundleDescription(signedBy: string | undefined): string {
  return `${kBundle}${signedBy === undefined ? 'not signed' : `signed by ${signedBy}`}`;
}

/** What an object is; undefined: it is not an operator's. */
export function markOf(name: string, description: string | undefined): StoreMark | undefined {
  if (name.startsWith(OPERATOR_OBJECT_PREFIX)) return 'pack';
  if (isMergedName(name)) return 'merge';
  return description?.startsWith(kBundle) === true ? 'bundle' : undefined;
}
export type StoreMark = 'pack' | 'merge' | 'bundle';

export function isMergedName(name: string): boolean {
  return name.startsWith(kMergedPrefix);
}

export interface PartName {
  readonly set: string;
  readonly revision: string;
}
