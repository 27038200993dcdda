/**
 * threshold.config: suppressions and rates by signature, outside the rules.
 *
 * Source: Suricata 8 user guide, "Global-Thresholds". Invariant: a broken line is a fault, the other
 * lines count. sid 0 means every signature of the group, gid 0 every one.
 */

import type { Variables } from '../endpoint.ts';
import { parseEndpoint } from '../endpoint.ts';
import { type Fault, shown } from '../faults.ts';
import { isListSid } from '../lists/indicators.ts';
import { EndpointSets } from '../model/endpoint-sets.ts';
import type { AddressSet, Rate } from '../model/rule-model.ts';
import { withDefaults } from '../variables.ts';

export interface ThresholdEntry {
  readonly kind: 'suppress' | 'threshold' | 'event_filter' | 'rate_filter';
  readonly gid: number;
  readonly sid: number;
  /** suppress: by_src, by_dst, by_either, or '' for always. */
  readonly track: string;
  /** suppress: of those that are meant; all where none is named. */
  readonly addresses: AddressSet;
  readonly rate: Rate;
  readonly newAction: string;
  readonly timeoutSeconds: number;
}

const KINDS = ['suppress', 'threshold', 'event_filter', 'rate_filter'] as const;
const TYPES = ['limit', 'threshold', 'both', 'backoff'] as const;
const U32 = 4_294_967_295;
const OF_A_LIST =
  'the signature id is that of a list, and rules alone have thresholds: take the entry out of its list';

export interface ThresholdConfig {
  readonly entries: readonly ThresholdEntry[];
  readonly faults: readonly Fault[];
}

export function readThresholds(
  file: string,
  source: string,
  variables: Readonly<Record<string, string>> = {},
): ThresholdConfig {
  const known = withDefaults(variables);
  const addresses = { variables: known, sets: new EndpointSets(known) };
  const entries: ThresholdEntry[] = [];
  const faults: Fault[] = [];
  let joined = '';
  let start = 0;
  for (const [index, raw] of source.split('\n').entries()) {
    const text = raw.trim();
    if (joined === '') {
      if (text === '' || text.startsWith('#')) continue;
      start = index;
    }
    joined += text;
    if (joined.endsWith('\\')) {
      joined = `${joined.slice(0, -1)} `;
      continue;
    }
    const entry = entryOf(joined, addresses);
    if (typeof entry === 'string') {
      const place = { file, line: start + 1, column: 1 };
      faults.push({ ...place, code: 'CONFIG_LINE', severity: 'error', message: entry });
    } else {
      if (isListSid(entry.sid)) {
        const place = { file, line: start + 1, column: 1 };
        faults.push({ ...place, code: 'CONFIG_LINE', severity: 'warning', message: OF_A_LIST });
      }
      entries.push(entry);
    }
    joined = '';
  }
  return { entries, faults };
}

/** Of one rule; addresses as rules name them, without a track none. */
export interface GivenSuppression {
  readonly gid: number;
  readonly sid: number;
  readonly track: 'by_src' | 'by_dst' | 'by_either' | '';
  readonly addresses: string;
}

/** A suppression that stands in no file: its entry, or what is wrong with its addresses. */
export function suppressionEntry(
  { gid, sid, track, addresses }: GivenSuppression,
  variables: Readonly<Record<string, string>>,
): ThresholdEntry | string {
  if (isListSid(sid)) return OF_A_LIST;
  const known = withDefaults(variables);
  const context = { variables: known, sets: new EndpointSets(known) };
  const meant = addressesOf(track === '' ? 'any' : addresses, context);
  if (typeof meant === 'string') return meant;
  return {
    ...{ kind: 'suppress', gid, sid, track, addresses: meant, rate: NO_RATE },
    ...{ newAction: '', timeoutSeconds: 0 },
  };
}

const NO_RATE: Rate = {
  ...{ type: 'limit', track: '', count: 0, seconds: 0, multiplier: 0, uniqueOn: '' },
};

interface AddressContext {
  readonly variables: Variables;
  readonly sets: EndpointSets;
}

/** The entry, or what is wrong with it. */
function entryOf(line: string, addresses: AddressContext): ThresholdEntry | string {
  const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
  const kind = KINDS.find((known) => known === name);
  if (kind === undefined) return `${shown(line)} begins with none of ${KINDS.join(', ')}`;
  const fields = new Map<string, string>();
  // Commas within [ ] part addresses, the others fields.
  for (const field of rest.split(/,(?![^[]*\])/)) {
    const [, key = '', value = ''] = /^\s*(\w+)\s+(.+?)\s*$/.exec(field) ?? [];
    if (key === '' || fields.has(key)) return `${shown(field.trim())} is no "NAME VALUE"`;
    fields.set(key, value);
  }
  const gid = wholeNumber(fields.get('gen_id'));
  const sid = wholeNumber(fields.get('sig_id'));
  if (gid === undefined || sid === undefined) return 'gen_id and sig_id must be numbers';
  const numbers = ['count', 'seconds', 'timeout', 'multiplier'].map((key) =>
    fields.has(key) ? wholeNumber(fields.get(key)) : 0,
  );
  if (numbers.includes(undefined)) return 'count, seconds, timeout and multiplier must be numbers';
  const [count = 0, seconds = 0, timeoutSeconds = 0, multiplier = 0] = numbers;
  const track = fields.get('track') ?? '';
  const type = TYPES.find((known) => known === fields.get('type'));
  if (kind === 'suppress' && (track === '') !== !fields.has('ip'))
    return 'track and ip go together';
  if (kind !== 'suppress' && count === 0) return `${kind} needs a count`;
  const rated = kind === 'threshold' || kind === 'event_filter';
  if (rated && type === undefined) return `type must be one of ${TYPES.join(', ')}`;
  const rate: Rate = {
    type: kind === 'rate_filter' ? 'rate_filter' : (type ?? 'limit'),
    track: kind === 'suppress' ? '' : track,
    count,
    seconds,
    multiplier,
    uniqueOn: '',
  };
  const meant = addressesOf(fields.get('ip') ?? 'any', addresses);
  if (typeof meant === 'string') return meant;
  return {
    kind,
    gid,
    sid,
    track,
    addresses: meant,
    rate,
    newAction: fields.get('new_action') ?? '',
    timeoutSeconds,
  };
}

function addressesOf(text: string, { variables, sets }: AddressContext): AddressSet | string {
  let wrong = `${shown(text)} names no addresses`;
  const endpoint = parseEndpoint(text, 0, {
    kind: 'address',
    variables,
    report: ({ message }) => {
      wrong = message;
    },
  });
  return endpoint === undefined ? wrong : sets.addresses(endpoint);
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= U32 ? value : undefined;
}
