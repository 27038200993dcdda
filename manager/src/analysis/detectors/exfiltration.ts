/**
 * Much going out, little coming in, to a place where this device does not usually go.
 *
 * Source: the exfiltration heuristics of MITRE ATT&CK TA0010 (T1048, T1567: to a service of the attacker's, to the
 * web): volume out, against volume in, against what is usual. Needs a device that was learned.
 *
 * A pure function of the hour and of the state before it; docs/detections/exfiltration.md.
 */
import { contactUsualKey, destinationName, networkKey } from '../destinations.ts';
import type { DeviceState } from '../device-state.ts';
import { bytesText, type Finding, found, type Part, part } from '../finding.ts';
import type { Contact, SubjectHour } from '../subject-hour.ts';
import { above } from './unusual.ts';

const kMinBytes = 25_000_000;
const kOutOverIn = 4;
/** Of a destination's faded sightings: under it, it is rare. */
const kRareWeight = 0.4;
const kDeviations = 2;

export function detectExfiltration(hour: SubjectHour, state: DeviceState): Finding[] {
  const total = above(state, 'bytesOut', hour.hour, hour.bytesOut);
  if (total.deviations < kDeviations) return [];
  const places = new Map<string, Contact>();
  for (const contact of hour.contacts.values()) {
    if (contact.home) continue;
    const key = contactUsualKey(contact);
    if (state.destinations.weight(key, hour.hour) > kRareWeight) continue;
    const known = places.get(key);
    if (known === undefined) places.set(key, { ...contact });
    else {
      known.bytesOut += contact.bytesOut;
      known.bytesIn += contact.bytesIn;
      known.firstSeconds = Math.min(known.firstSeconds, contact.firstSeconds);
      known.lastSeconds = Math.max(known.lastSeconds, contact.lastSeconds);
    }
  }
  return [...places].flatMap(([about, contact]) => {
    const { bytesOut, bytesIn, peer, port, proto, firstSeconds, lastSeconds } = contact;
    if (bytesOut < kMinBytes || bytesOut < kOutOverIn * bytesIn) return [];
    const usual = bytesText(total.expected);
    return [
      found({
        ...{ kind: 'exfiltration', subject: hour.subject, about, peer, port, proto },
        ...{ firstSeconds, lastSeconds },
        summary: `${hour.subject} sent ${bytesText(bytesOut)} to ${destinationName(contact)}, where it does not usually go; at this hour it usually sends ${usual} in all`,
        parts: [
          part(
            'bytes out',
            Math.min(50, 30 + 5 * Math.log2(bytesOut / kMinBytes)),
            bytesText(bytesOut),
            usual,
          ),
          part('out over in', 20, `${bytesText(bytesIn)} came back`, `a ${kOutOverIn}th or more`),
          part('rare destination', 20, about, 'usual ones'),
          ...rarePlace(contact, hour.hour, state),
        ],
      }),
    ];
  });
}

/** A country or a network that this device never deals with says more than a new name of a known one. */
function rarePlace(contact: Contact, hour: number, { countries, networks }: DeviceState): Part[] {
  const { country, network } = contact;
  const key = networkKey(contact);
  const isNewCountry = country !== null && countries.size > 0 && !countries.has(country, hour);
  const isNewNetwork = key !== null && networks.size > 0 && !networks.has(key, hour);
  return [
    ...(isNewCountry ? [part('rare country', 5, country, 'others')] : []),
    ...(isNewNetwork ? [part('rare network', 5, network ?? key, 'others')] : []),
  ];
}
