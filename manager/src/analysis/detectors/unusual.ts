/**
 * How unusual an hour of a device is: a sum of named parts, each with its figure and what was expected.
 *
 * Source: the forecast of seasons.ts (Holt-Winters with 168 seasons; Brutlag 2000), sets of what is usual with a
 * half-life of 14 days. A part counts from three deviations above the forecast; nothing counts for being quiet.
 *
 * A pure function of the hour and of the state before it; docs/detections/unusual-traffic.md.
 */
import { contactUsualKey, destinationName, networkKey } from '../destinations.ts';
import type { DeviceState, Metric } from '../device-state.ts';
import { bytesText, type Finding, found, type Part, part } from '../finding.ts';
import { figureOf, forecast, inBits } from '../seasons.ts';
import type { Contact, SubjectHour } from '../subject-hour.ts';

/** Points from which an hour is told. */
export const UNUSUAL_SCORE = 50;
const kFromDeviations = 3;
const kMegabyte = 1_000_000;
const kNightFlows = 20;
const kQuietBits = 0.8;
const kWeeksForNights = 13 * 24;

interface Above {
  readonly deviations: number;
  readonly expected: number;
}

export function above(state: DeviceState, metric: Metric, hour: number, figure: number): Above {
  const { expected, deviation } = forecast(state.seasons[metric], hour);
  const deviations = (inBits(figure) - expected) / deviation;
  return { deviations: Number.isFinite(deviations) ? deviations : 0, expected: figureOf(expected) };
}

export function detectUnusual(hour: SubjectHour, state: DeviceState): Finding[] {
  const novelty = noveltyParts(hour, state);
  const goesAnew = novelty.some(({ name, points }) => name === 'new destinations' && points > 0);
  // Much to where it always goes (a call, a backup) is half the news.
  const volume = volumeParts(hour, state).map((each) =>
    goesAnew || each.name === 'fan-out' ? each : { ...each, points: Math.round(each.points / 2) },
  );
  const parts = [...volume, ...timeParts(hour, state), ...novelty].filter(
    ({ points }) => points > 0,
  );
  const heaviest = heaviestOf(hour);
  // Three small novelties are an ordinary day; something must be much.
  const isMuch = parts.some(
    ({ name }) => name === 'bytes out' || name === 'fan-out' || name === 'bytes in',
  );
  const sum = parts.reduce((total, { points }) => total + points, 0);
  if (!isMuch || sum < UNUSUAL_SCORE) return [];
  return [
    found({
      kind: 'unusual_traffic',
      subject: hour.subject,
      about: '',
      firstSeconds: hour.hour * 3_600,
      lastSeconds: hour.hour * 3_600 + 3_599,
      peer: heaviest?.peer ?? null,
      summary: sentence(hour, state, heaviest),
      parts,
    }),
  ];
}

function sentence(hour: SubjectHour, state: DeviceState, heaviest: Contact | undefined): string {
  const from = new Date(hour.hour * 3_600_000).toISOString().slice(11, 16);
  const out = above(state, 'bytesOut', hour.hour, hour.bytesOut);
  const most = heaviest === undefined ? '' : `, most of it to ${destinationName(heaviest)}`;
  return `${hour.subject} sent ${bytesText(hour.bytesOut)} and received ${bytesText(hour.bytesIn)} in the hour from ${from} UTC${most}; at this hour it usually sends ${bytesText(out.expected)}`;
}

function heaviestOf(hour: SubjectHour): Contact | undefined {
  let heaviest: Contact | undefined;
  for (const contact of hour.contacts.values()) {
    const bytes = contact.bytesOut + contact.bytesIn;
    if (heaviest === undefined || bytes > heaviest.bytesOut + heaviest.bytesIn) heaviest = contact;
  }
  return heaviest;
}

function volumeParts(hour: SubjectHour, state: DeviceState): Part[] {
  const out = above(state, 'bytesOut', hour.hour, hour.bytesOut);
  const into = above(state, 'bytesIn', hour.hour, hour.bytesIn);
  const peers = hour.peers.count();
  const fan = above(state, 'peers', hour.hour, peers);
  const points = (of: Above, enough: boolean, most: number, slope: number): number =>
    enough && of.deviations >= kFromDeviations
      ? Math.min(most, most / 3 + slope * (of.deviations - kFromDeviations))
      : 0;
  return [
    part(
      'bytes out',
      points(out, hour.bytesOut > 10 * kMegabyte, 40, 9),
      bytesText(hour.bytesOut),
      bytesText(out.expected),
    ),
    part(
      'bytes in',
      points(into, hour.bytesIn > 100 * kMegabyte, 25, 5),
      bytesText(hour.bytesIn),
      bytesText(into.expected),
    ),
    part(
      'fan-out',
      points(fan, peers >= 40, 35, 9),
      `${peers} addresses`,
      `${Math.round(fan.expected)}`,
    ),
  ];
}

function timeParts(hour: SubjectHour, state: DeviceState): Part[] {
  const { expected } = forecast(state.seasons.flows, hour.hour);
  const isNight = expected < kQuietBits && state.taught >= kWeeksForNights;
  const active = isNight && hour.flows >= kNightFlows;
  return [part('hour', active ? 15 : 0, `${hour.flows} flows`, 'silent at this hour')];
}

function noveltyParts(hour: SubjectHour, state: DeviceState): Part[] {
  let newBytes = 0;
  const countries = new Set<string>();
  const networks = new Set<string>();
  const services = new Set<string>();
  for (const contact of hour.contacts.values()) {
    if (contact.answered === 0) continue;
    const { home, country, proto, port, bytesOut, bytesIn } = contact;
    if (!home && !state.destinations.has(contactUsualKey(contact), hour.hour)) {
      newBytes += bytesOut + bytesIn;
    }
    if (country !== null && !state.countries.has(country, hour.hour)) countries.add(country);
    const system = networkKey(contact);
    if (system !== null && !state.networks.has(system, hour.hour) && bytesOut + bytesIn > kMegabyte)
      networks.add(contact.network ?? system);
    const service = `${proto}/${port}`;
    if (port < 32_768 && !state.services.has(service, hour.hour)) services.add(service);
  }
  const unknownJa4 = [...hour.ja4].filter((ja4) => !state.ja4.has(ja4, hour.hour));
  const knowsJa4 = state.ja4.size > 0;
  return [
    part(
      'new destinations',
      newBytes > 10 * kMegabyte ? Math.min(25, 10 + 3 * Math.log2(newBytes / (10 * kMegabyte))) : 0,
      bytesText(newBytes),
      'usual ones',
    ),
    part(
      'new country',
      state.countries.size > 0 && countries.size > 0 ? 12 : 0,
      [...countries].slice(0, 5).join(', '),
      'others',
    ),
    part(
      'new network',
      state.networks.size > 0 && networks.size > 0 ? 8 : 0,
      [...networks].slice(0, 3).join(', '),
      'others',
    ),
    part('new service', services.size > 0 ? 8 : 0, [...services].slice(0, 5).join(', '), 'others'),
    part(
      'new JA4',
      knowsJa4 && unknownJa4.length > 0 ? 8 : 0,
      unknownJa4.slice(0, 2).join(', '),
      'never seen on it',
    ),
  ];
}
