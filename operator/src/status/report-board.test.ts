import { expect, it } from 'vitest';
import type { Reported } from '#contracts/nats.ts';
import { isReporting } from './node-view.ts';
import { ReportBoard, SILENT_AFTER_MS } from './report-board.ts';

function report(change: Partial<Reported> = {}): Reported {
  const since = '2026-11-21T10:00:00.000Z';
  const fine = (type: 'Capturing' | 'BusConnected') =>
    ({ type, status: 'True', reason: 'Fine', message: 'm', since }) as const;
  return {
    ...{ sensor: 's', node: 'n', version: '1', startedAt: since, reportedAt: since },
    ...{ observedGeneration: 0, interfaces: [], rssBytes: 1, cpuSeconds: 1 },
    counters: {
      ...{ kernelPackets: 1, kernelDrops: 0, decodedPackets: 1, decodedBytes: 1 },
      ...{ invalidPackets: 0, flowsTotal: 0, flowsActive: 0, flowsEvicted: 0, reassemblyGaps: 0 },
      ...{ reassemblyDrops: 0, eventsMade: 0, eventsDroppedQueue: 0, eventsSpooled: 0 },
      ...{ eventsDroppedSpool: 0, eventsPublished: 0, eventsAcknowledged: 0 },
    },
    spool: { bytes: 0, capacityBytes: 1, batches: 0 },
    conditions: [fine('Capturing'), fine('BusConnected')],
    ...change,
  };
}

function board() {
  const told: string[] = [];
  let nowMs = 0;
  const made = new ReportBoard({
    now: () => nowMs,
    onChange: (sensor, node) => void told.push(`${sensor}.${node}`),
  });
  made.setBus(true);
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { board: made, told, pass };
}

it('tells what a person would act on, and not figures', () => {
  const { board: made, told } = board();
  made.hear(report());
  // The second report is the first by which loss can be judged.
  made.hear(report());
  const before = told.length;
  made.hear(report({ rssBytes: 2, reportedAt: '2030-01-01T00:00:00.000Z' }));
  made.hear(report({ spool: { bytes: 9, capacityBytes: 10, batches: 1 } }));
  expect(told.length).toBe(before);
  made.hear(report({ version: '2' }));
  made.hear(report({ version: '2', conditions: [] }));
  expect(told.length).toBe(before + 2);
  expect(made.heard).toBe(6);
});

it('judges silence by when reports arrive, whatever their own clock says', () => {
  const { board: made, told, pass } = board();
  made.hear(report({ reportedAt: '1999-01-01T00:00:00.000Z' }));
  pass(SILENT_AFTER_MS - 1);
  made.sweep();
  expect(isReporting(made.readings('s', 'n'))).toBe(true);
  pass(1);
  told.length = 0;
  made.sweep();
  made.sweep();
  expect([isReporting(made.readings('s', 'n')), told]).toEqual([false, ['s.n']]);
  made.hear(report());
  expect(isReporting(made.readings('s', 'n'))).toBe(true);
});

it('calls nobody silent while it is deaf itself, nor right after', () => {
  const { board: made, pass } = board();
  made.hear(report());
  expect([made.setBus(false), made.setBus(false)]).toEqual([true, false]);
  pass(SILENT_AFTER_MS * 10);
  made.sweep();
  made.setBus(true);
  made.sweep();
  expect(isReporting(made.readings('s', 'n'))).toBe(true);
  pass(SILENT_AFTER_MS);
  made.sweep();
  expect(isReporting(made.readings('s', 'n'))).toBe(false);
});

it('forgets who was silent for long', () => {
  const { board: made, pass } = board();
  made.hear(report());
  pass(11 * 60_000);
  made.sweep();
  expect(made.size).toBe(0);
  expect(made.readings('s', 'n').report).toBeUndefined();
});
