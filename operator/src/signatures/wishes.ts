/**
 * What a node is told: the bundle that the revisions of all sets for it come to, and the settings of its sensor
 * that take no restart.
 *
 * Invariants: pure but for the book of bundles, which never waits; where the bundle is being made the node
 * keeps what it has. So does a node that has loaded just these revisions, although a newer compiler made
 * another bundle of them since: what runs is changed by waves alone.
 */
import type { Desired } from '#contracts/nats.ts';
import type { SignatureSet } from '#crds/kinds.ts';
import type { LiveWish } from '../sensor/live-settings.ts';
import type { BundleBook, Merged, NamedPart } from './bundle-book.ts';
import type { Row } from './fleet-rows.ts';
import { revisionOf, type SetState } from './plan/node-facts.ts';
import type { Placements } from './plan/placements.ts';

const kMaxLabel = 80;

export interface SetWish {
  readonly set: SignatureSet;
  readonly state: SetState;
  readonly told: Placements;
}

export interface Wish {
  readonly desired: Desired;
  readonly merged?: Merged;
}

export interface WishContext {
  /** Of the sensor. */
  readonly generation: number;
  readonly live: LiveWish;
  readonly bundles: BundleBook;
}

/** Sets by their priority. Undefined: wait for the bundle. */
export function wishFor(
  row: Row,
  sets: readonly SetWish[],
  { generation, live, bundles }: WishContext,
): Wish | undefined {
  const parts: NamedPart[] = [];
  for (const { set, state, told } of sets) {
    const revision = told.get(row.key);
    if (revision === undefined) continue;
    const digest = revisionOf(state, revision)?.digest;
    if (digest !== undefined) parts.push({ set: set.metadata.name, revision, digest });
  }
  if (parts.length === 0) {
    return { desired: { generation, ...live } };
  }
  const merged = bundles.bundle(parts);
  if (merged === undefined) return undefined;
  const revisions = Object.fromEntries(parts.map(({ set, revision }) => [set, revision]));
  const told = row.wish?.signatures?.digest;
  const keeps = row.loaded && JSON.stringify(row.wish?.sets) === JSON.stringify(revisions);
  const label = parts.map(({ set, revision }) => `${set}@${revision}`).join(',');
  const desired: Desired = {
    generation,
    signatures: {
      digest: (keeps ? told : undefined) ?? merged.digest,
      revision: label.slice(0, kMaxLabel),
    },
    sets: revisions,
    ...live,
  };
  return { desired, merged };
}
