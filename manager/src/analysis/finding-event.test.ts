// The event of a finding is one that the contract knows, whatever is absent.
import { expect, test } from 'vitest';
import { anomalyEventSchema } from '#contracts/eve.ts';
import { found, part } from './finding.ts';
import { findingEvent } from './finding-event.ts';

test.each([{}, { peer: '192.0.2.1', port: 22, proto: 'TCP' }])('%o', (ends) => {
  const event: unknown = JSON.parse(
    findingEvent(
      found({
        ...{ kind: 'scan_slow', subject: '10.0.0.5', about: 'TCP 22', firstSeconds: 1, ...ends },
        ...{ lastSeconds: 1_795_186_800, summary: 'says it', parts: [part('a', 60, 'b', 'c')] },
      }),
    ),
  );
  expect(anomalyEventSchema.safeParse(event).error).toBeUndefined();
  expect(event).toMatchObject({
    timestamp: '2026-11-20T15:00:00.000000+0000',
    anomaly: { type: 'behaviour', event: 'scan_slow' },
    netmoth: { score: 60, summary: 'says it' },
    ...(ends.peer === undefined ? {} : { dest_ip: '192.0.2.1', dest_port: 22 }),
  });
});
