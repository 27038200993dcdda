// What a node is told of the revisions it should have.
import { expect, it } from 'vitest';
import type { SignatureSet } from '#crds/kinds.ts';
import type { BundleBook } from './bundle-book.ts';
import type { Row } from './fleet-rows.ts';
import { wishFor } from './wishes.ts';

const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;
const kOld = digestOf('a');
const kNew = digestOf('b');
const row: Row = {
  ...{ key: 'edge.n1', sensor: 'edge', node: 'n1', labels: {}, reporting: true, loaded: true },
  ...{ failure: undefined, figures: {} },
  wish: { generation: 1, signatures: { digest: kOld, revision: 'base@r1' }, sets: { base: 'r1' } },
};
const bundles = {
  bundle: (parts: readonly { digest: string }[]) => ({
    ...{ digest: parts[0]?.digest ?? '', conflicts: [], conflictCount: 0 },
  }),
} as unknown as BundleBook;

/** The set as it is after `revision` came to the bundle `kNew`. */
function wished(given: Row, revision: string) {
  const set = { metadata: { name: 'base' } } as SignatureSet;
  const made = {
    ...{ revision, digest: kNew, createdAt: '2026-01-01T00:00:00Z', rules: 1, faults: 0 },
    outcome: 'Complete' as const,
  };
  const state = { history: [made], current: revision, rollout: undefined, breach: undefined };
  const told = new Map([[given.key, revision]]);
  return wishFor(given, [{ set, state, told }], { generation: 2, bundles })?.desired;
}

it('what a node has loaded stays, although the same revision is another bundle now', () => {
  expect(wished(row, 'r1')).toEqual({ ...row.wish, generation: 2 });
});

it('who has not loaded it, or is told another revision, gets the bundle that is there', () => {
  for (const [given, revision] of [
    [{ ...row, loaded: false }, 'r1'],
    [{ ...row, wish: undefined, loaded: false }, 'r1'],
    [row, 'r2'],
  ] as const) {
    expect(wished(given, revision)?.signatures?.digest).toBe(kNew);
  }
});
