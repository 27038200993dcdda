// What a node is told of the revisions it should have.
import { expect, it } from 'vitest';
import { desiredSchema } from '#contracts/nats.ts';
import type { SignatureSet } from '#crds/kinds.ts';
import { sensorSpecSchema } from '#crds/sensor.ts';
import { liveWish } from '../sensor/live-settings.ts';
import type { BundleBook } from './bundle-book.ts';
import type { Row } from './fleet-rows.ts';
import { wishFor } from './wishes.ts';

const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;
const live = liveWish(sensorSpecSchema.parse({}));
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
  return wishFor(given, [{ set, state, told }], { generation: 2, live, bundles })?.desired;
}

it('what a node has loaded stays, although the same revision is another bundle now', () => {
  expect(wished(row, 'r1')).toEqual({ ...row.wish, generation: 2, ...live });
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

it('a wish read back from NATS is the same text, so nobody is told it twice', () => {
  const desired = wished(row, 'r2');
  const text = JSON.stringify(desired);
  expect(JSON.stringify(desiredSchema.parse(JSON.parse(text)))).toBe(text);
  // As the API server gives it: in the order of the alphabet.
  const { timeouts, statsIntervalSeconds, ...rest } = sensorSpecSchema.parse({}).engine;
  const turned = Object.fromEntries(Object.entries(timeouts).toReversed());
  const engine = { statsIntervalSeconds, ...rest, timeouts: turned } as typeof rest & {
    timeouts: typeof timeouts;
    statsIntervalSeconds: number;
  };
  const again = liveWish({ ...sensorSpecSchema.parse({}), engine });
  expect(JSON.stringify(again)).toBe(JSON.stringify(live));
});
