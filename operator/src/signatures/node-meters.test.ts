// Figures of nodes that come and go.
import { expect, it } from 'vitest';
import { sampleReport } from '../testing/sample-report.ts';
import { NodeMeters } from './node-meters.ts';

it('beyond the bound the node heard longest ago goes, not the one that is new', () => {
  let nowMs = 0;
  const meters = new NodeMeters(() => nowMs, 2);
  const hear = (node: string, packets: number): void => {
    nowMs += 5_000;
    meters.hear(sampleReport('edge', node, packets));
  };
  for (const [node, packets] of [
    ...([
      ['old', 0],
      ['stays', 0],
      ['stays', 5_000],
      ['new', 0],
    ] as const),
    ...([
      ['stays', 10_000],
      ['new', 5_000],
    ] as const),
  ]) {
    hear(node, packets);
  }
  expect(meters.figures('edge.old')).toEqual({});
  for (const key of ['edge.stays', 'edge.new']) {
    expect(meters.figures(key)).toMatchObject({ lossPercent: 0, restarts: 0 });
  }
});
