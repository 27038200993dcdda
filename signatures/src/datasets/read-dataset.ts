/**
 * Files of datasets and of datarep: one value a line, with a reputation behind a comma in those of datarep.
 *
 * Source: Suricata 8 user guide, "Datasets". Invariants: a broken line is a fault, the other lines count;
 * a value is the octets that a buffer has to be; the first of equal values counts, sorted by octets.
 */
import { isIP } from 'node:net';
import { type Fault, shown } from '../faults.ts';
import { addressKey } from '../lists/address-key.ts';

export const DATASET_KINDS = ['string', 'md5', 'sha256', 'ipv4', 'ip'] as const;
export type DatasetKind = (typeof DATASET_KINDS)[number];

export interface Dataset {
  readonly name: string;
  readonly kind: DatasetKind;
  /** Latin-1: a character a byte. */
  readonly values: readonly string[];
  /** Of the values, in their order; empty where none has one. */
  readonly reputations: readonly number[];
}

/** Values of a file. */
export const MAX_DATASET_VALUES = 2_000_000;
const MAX_FAULTS = 1000;
const MAX_REPUTATION = 65_535;

export interface ReadDataset {
  readonly dataset: Dataset;
  readonly faults: readonly Fault[];
}

export function readDataset(
  { name, kind, rated }: { name: string; kind: DatasetKind; rated: boolean },
  file: string,
  text: string,
): ReadDataset {
  const found = new Map<string, number>();
  const faults: Fault[] = [];
  const fault = (line: number, message: string) => {
    const place = { file, line, column: 1 };
    if (faults.length < MAX_FAULTS)
      faults.push({ ...place, code: 'RULE_DATASET_VALUE', severity: 'error', message });
  };
  let number = 0;
  for (const raw of text.split('\n')) {
    number += 1;
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (found.size >= MAX_DATASET_VALUES) {
      fault(number, `more than ${MAX_DATASET_VALUES} values`);
      break;
    }
    const comma = rated ? line.lastIndexOf(',') : -1;
    const value = octetsOf(kind, comma === -1 ? line : line.slice(0, comma).trim());
    const reputation = comma === -1 ? 0 : reputationOf(line.slice(comma + 1).trim());
    if (value === undefined) fault(number, `${shown(line)} is no value of type ${kind}`);
    else if (reputation === undefined) fault(number, `${shown(line)} has no reputation`);
    else if (!found.has(value)) found.set(value, reputation);
  }
  const values = [...found.keys()].sort();
  const reputations = rated ? values.map((value) => found.get(value) ?? 0) : [];
  return { dataset: { name, kind, values, reputations }, faults };
}

/** The octets a buffer has to be, or undefined. */
function octetsOf(kind: DatasetKind, text: string): string | undefined {
  switch (kind) {
    case 'string':
      return /^[A-Za-z0-9+/]+={0,2}$/.test(text)
        ? Buffer.from(text, 'base64').toString('latin1')
        : undefined;
    case 'md5':
      return hexOf(text, 16);
    case 'sha256':
      return hexOf(text, 32);
    case 'ipv4':
      return isIP(text) === 4 ? addressKey(text, 4) : undefined;
    case 'ip': {
      // An IPv4 address that is written as IPv6 is one.
      const plain = text.replace(/^::ffff:(?=\d+\.)/i, '');
      const family = isIP(plain);
      return family === 0 ? undefined : addressKey(plain, family);
    }
  }
}

function hexOf(text: string, octets: number): string | undefined {
  const whole = text.length === octets * 2 && /^[0-9a-fA-F]+$/.test(text);
  return whole ? Buffer.from(text, 'hex').toString('latin1') : undefined;
}

function reputationOf(text: string): number | undefined {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return value <= MAX_REPUTATION ? value : undefined;
}
