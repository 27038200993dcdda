/**
 * A new finding as an EVE event for live feeds: an anomaly of the type behaviour, with what EVE has no field for under
 * `netmoth`. Pure; it is never stored (the finding itself is).
 */
import { EVENT_SCHEMA_VERSION } from '#contracts/eve.ts';
import type { Finding } from './finding.ts';

const kIsoMillis = 23;

export function findingEvent(finding: Finding): string {
  const { kind, subject, peer, port, proto, score, summary, about, lastSeconds } = finding;
  const iso = new Date(lastSeconds * 1_000).toISOString().slice(0, kIsoMillis);
  return JSON.stringify({
    timestamp: `${iso}000+0000`,
    event_type: 'anomaly',
    src_ip: subject,
    ...(peer === null ? {} : { dest_ip: peer }),
    ...(port === null ? {} : { dest_port: port }),
    ...(proto === null ? {} : { proto }),
    anomaly: { type: 'behaviour', event: kind },
    netmoth: { schema: EVENT_SCHEMA_VERSION, score, summary, about },
  });
}
