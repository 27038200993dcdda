// Where addresses are: IPFire's database whole, cut and flipped, the records of three vendors, a file that changes.
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AddressBook } from './address-book.ts';
import { GeoFile } from './geo-file.ts';
import { lookForChanges } from './geo-keeper.ts';
import { DEFAULT_PLACES_FILE } from './knowledge.ts';
import { LocationDatabase } from './location-file.ts';
import { NOWHERE, placeOf } from './place-record.ts';
import { locationDatabase } from './testing/location-database.ts';

const NAMES = { 7: 'Seven', 15169: 'GOOGLE', 4200000000: 'Große Straße' };
const NETWORKS = [
  { network: '8.0.0.0/8', country: 'US', asn: 7 },
  { network: '8.8.8.0/24', country: 'CA', asn: 15_169 },
  { network: '2a00:1450::/32', country: 'IE', asn: 15_169 },
  { network: '9.9.9.9/32', country: 'CH', asn: 4_200_000_000 },
  { network: '11.0.0.0/8', country: 'FR', asn: 0 },
];
const PROBES = [
  '8.8.8.8',
  '8.1.1.1',
  '2a00:1450::1',
  '9.9.9.9',
  '9.9.9.8',
  '::',
  '255.255.255.255',
];

describe("IPFire's database", () => {
  const bytes = locationDatabase(NETWORKS, NAMES);
  const database = new LocationDatabase(bytes);

  test.each([
    ['8.8.8.8', 'CA', 15_169, 'GOOGLE'],
    ['8.1.1.1', 'US', 7, 'Seven'],
    ['2a00:1450::1', 'IE', 15_169, 'GOOGLE'],
    ['9.9.9.9', 'CH', 4_200_000_000, 'Große Straße'],
    ['11.1.1.1', 'FR', null, null],
    ['9.9.9.8', null, null, null],
    ['not an address', null, null, null],
  ])('%s', (ip, country, asn, organisation) => {
    expect(placeOf(database.get(ip))).toEqual({ ...NOWHERE, country, asn, organisation });
  });

  test('cut at any length it is refused, or answers', () => {
    const whole = bytes.length;
    const cuts = [
      ...new Array(200).keys(),
      ...Array.from({ length: whole - 8_180 }, (_, at) => 8_180 + at),
    ];
    for (const length of cuts) {
      const cut = bytes.subarray(0, length);
      expect(() => new LocationDatabase(cut), `${length} of ${whole}`).toThrow();
    }
  });

  test('with any bit flipped it is refused, or answers without throwing', () => {
    let opened = 0;
    for (let bit = 0; bit < bytes.length * 8; bit += bit < 70 * 8 || bit >= 8_192 * 8 ? 1 : 997) {
      const broken = Buffer.from(bytes);
      broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      let flipped: LocationDatabase;
      try {
        flipped = new LocationDatabase(broken);
      } catch {
        continue;
      }
      opened += 1;
      for (const ip of PROBES) placeOf(flipped.get(ip));
    }
    expect(opened).toBeGreaterThan(1_000);
  });

  test('a node that points at itself ends the walk', () => {
    const broken = Buffer.from(bytes);
    const tree = broken.readUInt32BE(44);
    for (let at = tree; at < tree + broken.readUInt32BE(48); at += 12) broken.writeUInt32BE(1, at);
    expect(() => new LocationDatabase(broken).get('8.8.8.8')).not.toThrow();
  });

  test.skipIf(!existsSync(DEFAULT_PLACES_FILE))('what Debian installs knows Google', async () => {
    const file = await GeoFile.open(DEFAULT_PLACES_FILE);
    expect(file.placeOf('8.8.8.8')).toMatchObject({ country: 'US', asn: 15_169 });
    expect(file.placeOf('2606:4700::1')).toMatchObject({ asn: 13_335 });
    expect(file.placeOf('10.0.0.1')).toEqual(NOWHERE);
  });
});

describe('records', () => {
  const city = { names: { en: 'Sydney', de: 'Sidney' } };
  test.each([
    ['GeoLite2 country', { country: { iso_code: 'SE' } }, { country: 'SE' }],
    [
      'GeoLite2 city',
      { country: { iso_code: 'AU' }, city, location: { latitude: -33.9, longitude: 151.2 } },
      { country: 'AU', city: 'Sydney', latitude: -33.9, longitude: 151.2 },
    ],
    [
      'GeoLite2 ASN',
      { autonomous_system_number: 3, autonomous_system_organization: 'MIT' },
      { asn: 3, organisation: 'MIT' },
    ],
    [
      'ipinfo lite',
      { country: 'Sweden', country_code: 'SE', asn: 'AS3', as_name: 'M', as_domain: 'mit.edu' },
      { country: 'SE', asn: 3, organisation: 'M', network: 'mit.edu' },
    ],
    [
      'ipinfo city',
      { country: 'AU', city: 'Sydney', lat: '-33.9', lng: '151.2' },
      { country: 'AU', city: 'Sydney', latitude: -33.9, longitude: 151.2 },
    ],
    ['nothing', null, {}],
    ['a text', 'AU', {}],
    [
      'what is of the wrong kind',
      { country: 'Australia', city: 7, latitude: Number.NaN, longitude: 1e9, asn: -1, as_name: {} },
      {},
    ],
  ])('%s', (_name, record, place) => {
    expect(placeOf(record)).toEqual({ ...NOWHERE, ...place });
  });
});

describe('a file that changes', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'netmoth-places-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('is read anew, and while it is broken the one before answers', async () => {
    const path = join(folder, 'location.db');
    await writeFile(path, locationDatabase(NETWORKS, NAMES));
    const file = await GeoFile.open(path);
    const addresses = new AddressBook([], file, file);
    const told: string[] = [];
    const say = (_fields: object, message: string): void => void told.push(message);
    const log = { info: say, error: say } as never;
    const look = () => lookForChanges({ files: [file], addresses, log, clock: Date.now });
    expect(addresses.get('8.8.8.8')).toMatchObject({ country: 'CA', asn: 15_169, unnamed: false });
    expect(addresses.get('4.4.4.4')).toMatchObject({ country: null, asn: null, unnamed: true });

    await writeFile(path, 'LOCDBXX\x01 and nothing more');
    expect([await look(), await look()]).toEqual([false, false]);
    expect(told).toEqual(['a changed database of addresses cannot be read']);
    expect(file.trouble).toMatch(/no location database/);
    expect(file.placeOf('8.8.8.8').country).toBe('CA');

    const moved = NETWORKS.map((each) => ({ ...each, country: 'XK' }));
    await writeFile(path, locationDatabase(moved, NAMES));
    expect(await look()).toBe(true);
    expect(file.trouble).toBeUndefined();
    addresses.forget();
    expect(addresses.get('8.8.8.8')?.country).toBe('XK');
  });
});
