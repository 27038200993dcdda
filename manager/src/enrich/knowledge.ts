/**
 * What addresses are looked up in: databases of countries, autonomous systems and makers of interfaces.
 *
 * Invariants: what the user gave by path and cannot be read refuses the start; what the system has by itself is used
 * where it is there and whole, else told and left out.
 */
import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import { NetmothError } from '#contracts/errors.ts';
import type { ManagerConfig } from '#manager/config-schema.ts';
import { AddressBook } from './address-book.ts';
import { GeoFile } from './geo-file.ts';
import { type Network, parseNetwork } from './ip-address.ts';
import { VendorBook } from './vendor-book.ts';

export interface Knowledge {
  readonly countries: GeoFile | undefined;
  readonly asns: GeoFile | undefined;
  readonly vendors: VendorBook | undefined;
  readonly addresses: AddressBook;
}

/** As Debian's libloc-database and ieee-data install them. */
export const DEFAULT_PLACES_FILE = '/usr/share/libloc-location/location.db';
const kDefaultOuiFile = '/usr/share/ieee-data/oui.txt';

export async function openKnowledge(config: ManagerConfig, log: Logger): Promise<Knowledge> {
  const { geoipFile, asnFile, ouiFile, homeNetworks } = config;
  const isAsked = geoipFile === undefined || asnFile === undefined;
  const own = isAsked ? await openDefault(log) : undefined;
  const countries = geoipFile === undefined ? own : await openGiven('geoipFile', geoipFile);
  const asns = asnFile === undefined ? own : await openGiven('asnFile', asnFile);
  const home = homeNetworks.map(parseNetwork).filter((each): each is Network => each !== undefined);
  const addresses = new AddressBook(home, countries, asns);
  return { countries, asns, addresses, vendors: readVendors(ouiFile) };
}

/** Each once, though it may serve for both. */
export function filesOf({ countries, asns }: Knowledge): readonly GeoFile[] {
  return [...new Set([countries, asns])].filter((file) => file !== undefined);
}

export function troublesOf(
  known: Knowledge,
): readonly { readonly path: string; readonly trouble: string }[] {
  return filesOf(known).flatMap(({ path, trouble }) =>
    trouble === undefined ? [] : [{ path, trouble }],
  );
}

async function openDefault(log: Logger): Promise<GeoFile | undefined> {
  if (!existsSync(DEFAULT_PLACES_FILE)) return undefined;
  try {
    return await GeoFile.open(DEFAULT_PLACES_FILE);
  } catch (error) {
    log.error({ err: error, file: DEFAULT_PLACES_FILE }, 'the database of addresses is not used');
    return undefined;
  }
}

async function openGiven(key: 'geoipFile' | 'asnFile', file: string): Promise<GeoFile> {
  try {
    return await GeoFile.open(file);
  } catch (cause) {
    const message = `${key}: ${file} is no database of addresses (MaxMind's or IPFire's)`;
    throw new NetmothError('NM_CONFIG_INVALID', message, { cause });
  }
}

function readVendors(file: string | undefined): VendorBook | undefined {
  const chosen = file ?? (existsSync(kDefaultOuiFile) ? kDefaultOuiFile : undefined);
  if (chosen === undefined) return undefined;
  try {
    return VendorBook.read(chosen);
  } catch (cause) {
    throw new NetmothError('NM_CONFIG_INVALID', `ouiFile: ${chosen} cannot be read`, { cause });
  }
}
