/**
 * What a record of a database says of where an address is, whatever the database calls it.
 *
 * Sources: the fields of MaxMind's GeoIP2/GeoLite2 (dev.maxmind.com/geoip/docs/databases), of ipinfo's databases
 * (ipinfo.io/developers) and of LocationFile, which answers in MaxMind's names.
 *
 * Invariants: pure; whatever the record holds, each part is of its type or null; numbers are finite, texts bounded.
 */
import { cleanText } from '#manager/ingest/event-fields.ts';

export interface Place {
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly city: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  /** Number of the autonomous system. */
  readonly asn: number | null;
  readonly organisation: string | null;
  /** What the operator calls the network: its domain, or its name where the organisation has another. */
  readonly network: string | null;
}

type Json = Readonly<Record<string, unknown>>;

export const NOWHERE: Place = {
  ...{ country: null, city: null, latitude: null, longitude: null },
  ...{ asn: null, organisation: null, network: null },
};
const kMaxNameChars = 96;
const kMaxAsn = 0xffff_ffff;
const kMaxLatitude = 90;
const kMaxLongitude = 180;

export function placeOf(record: unknown): Place {
  if (!isObject(record)) return NOWHERE;
  const { country, city, location } = record;
  const place = isObject(location) ? location : record;
  return {
    country:
      codeOf(isObject(country) ? country['iso_code'] : undefined) ??
      codeOf(record['country_code']) ??
      codeOf(country),
    city: isObject(city) ? englishName(city) : textOf(city),
    latitude: degreesOf(place['latitude'] ?? place['lat'], kMaxLatitude),
    longitude: degreesOf(place['longitude'] ?? place['lng'], kMaxLongitude),
    asn: asnOf(record['autonomous_system_number'] ?? record['asn']),
    organisation: textOf(
      record['autonomous_system_organization'] ?? record['as_name'] ?? record['name'],
    ),
    network: textOf(record['as_domain'] ?? record['domain'] ?? record['isp']),
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function codeOf(value: unknown): string | null {
  return typeof value === 'string' && /^[A-Z]{2}$/.test(value) ? value : null;
}

function textOf(value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null;
  return cleanText(value.slice(0, kMaxNameChars));
}

function englishName(city: Json): string | null {
  const { names } = city;
  return isObject(names) ? textOf(names['en'] ?? Object.values(names)[0]) : null;
}

/** 15169, or ipinfo's "AS15169". */
function asnOf(value: unknown): number | null {
  const digits = typeof value === 'string' ? /^(?:AS)?(\d{1,10})$/.exec(value)?.[1] : undefined;
  const asn = digits === undefined ? value : Number(digits);
  const known = typeof asn === 'number' && Number.isSafeInteger(asn) && asn > 0 && asn <= kMaxAsn;
  return known ? asn : null;
}

function degreesOf(value: unknown, most: number): number | null {
  const degrees = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof degrees === 'number' && Math.abs(degrees) <= most ? degrees : null;
}
