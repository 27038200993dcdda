/**
 * Indicator lists a command is given: `--list FILE[,name=…][,type=…]…`.
 *
 * Invariant: text lists are read in pieces; a JSON document is read whole, up to MAX_JSON_BYTES.
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { NetmothError } from '#contracts/errors.ts';
import { INDICATOR_LIST_FORMATS, INDICATOR_TYPES } from '#contracts/indicator-lists.ts';
import type { Source } from '#signatures/compile/compile.ts';
import type { Fault } from '#signatures/faults.ts';
import { IndicatorCollector, type Indicators } from '#signatures/lists/indicators.ts';
import {
  ListFaults,
  ListSink,
  type ListSpec,
  type ListSummary,
} from '#signatures/lists/list-loader.ts';
import { readJsonList } from '#signatures/lists/read-json.ts';
import { secondsOf, TextListReader } from '#signatures/lists/read-text.ts';
import { plainStream, unreadable } from './source-stream.ts';

const MAX_JSON_BYTES = 256 * 1024 * 1024;

export interface ListSources {
  readonly indicators: Indicators;
  readonly sources: readonly Source[];
  readonly summaries: readonly ListSummary[];
  readonly faults: readonly Fault[];
  readonly faultsOmitted: number;
  readonly failed: number;
}

export interface GivenList {
  readonly path: string;
  readonly spec: Omit<ListSpec, 'source'>;
}

const USAGE =
  'expected FILE[,name=NAME][,format=FORMAT][,type=TYPE][,category=TEXT][,confidence=0-100][,severity=1-3][,expires=TIME]';

export function givenLists(specs: readonly string[]): GivenList[] {
  return specs.map((text) => {
    const [path = '', ...pairs] = text.split(',');
    const given = new Map(pairs.map((pair) => splitPair(pair, text)));
    const unknown = [...given.keys()].find((key) => !KEYS.has(key));
    if (path === '' || unknown !== undefined) throw wrong(text, USAGE);
    const name =
      given.get('name') ??
      basename(path)
        .replace(/\.gz$/, '')
        .replace(/\.\w+$/, '');
    const format = oneOf(text, INDICATOR_LIST_FORMATS, given.get('format'));
    const type = oneOf(text, INDICATOR_TYPES, given.get('type'));
    const expires = given.has('expires') ? secondsOf(given.get('expires') ?? '') : 0;
    if (expires === undefined) throw wrong(text, 'expires is no RFC 3339 time');
    const spec = {
      name,
      category: given.get('category') ?? name,
      confidence: whole(text, given.get('confidence') ?? '50', 100),
      severity: whole(text, given.get('severity') ?? '2', 3),
      expires,
      ...(format !== undefined && { format }),
      ...(type !== undefined && { type }),
    };
    return { path, spec };
  });
}

const KEYS = new Set(['name', 'format', 'type', 'category', 'confidence', 'severity', 'expires']);

function splitPair(pair: string, text: string): [string, string] {
  const at = pair.indexOf('=');
  if (at === -1) throw wrong(text, USAGE);
  return [pair.slice(0, at), pair.slice(at + 1)];
}

function oneOf<T extends string>(
  text: string,
  known: readonly T[],
  word: string | undefined,
): T | undefined {
  const found = known.find((one) => one === word);
  if (word !== undefined && found === undefined) throw wrong(text, `none of ${known.join(', ')}`);
  return found;
}

function whole(text: string, digits: string, max: number): number {
  if (!/^\d{1,3}$/.test(digits) || Number(digits) > max)
    throw wrong(text, `no number up to ${max}`);
  return Number(digits);
}

function wrong(text: string, why: string): NetmothError {
  return new NetmothError('NM_USAGE', `--list ${text}: ${why}`);
}

export async function readListSources(
  lists: readonly GivenList[],
  label: (path: string) => string,
): Promise<ListSources> {
  const collector = new IndicatorCollector();
  const faults = new ListFaults();
  const sources: Source[] = [];
  const summaries: ListSummary[] = [];
  for (const { path, spec } of lists) {
    const source = label(path);
    const sink = new ListSink({ ...spec, source }, collector, faults);
    const hash = createHash('sha256');
    const { summary, sizeBytes } = await readList(path, sink, (bytes) => hash.update(bytes));
    summaries.push(summary);
    sources.push({ name: source, sha256: hash.digest('hex'), sizeBytes });
  }
  return {
    indicators: collector.result(),
    sources,
    summaries,
    faults: faults.faults,
    faultsOmitted: faults.omitted,
    failed: summaries.reduce((sum, { failed }) => sum + failed, 0),
  };
}

export function listsText(summaries: readonly ListSummary[]): string {
  return summaries
    .map(
      ({ name, format, entries, failed, notApplicable }) =>
        `list ${name} (${format}): ${entries} entries, ${failed} failed, ${notApplicable} not applicable\n`,
    )
    .join('');
}

async function readList(
  path: string,
  sink: ListSink,
  seen: (bytes: Uint8Array) => void,
): Promise<{ summary: ListSummary; sizeBytes: number }> {
  try {
    const reader = new TextListReader(sink);
    const decoder = new TextDecoder();
    const { format } = sink.spec;
    let json = format === undefined ? undefined : format === 'misp' || format === 'stix';
    let document = '';
    let sizeBytes = 0;
    for await (const chunk of await plainStream(path)) {
      const bytes = chunk as Buffer;
      seen(bytes);
      sizeBytes += bytes.length;
      const text = decoder.decode(bytes, { stream: true });
      json ??= /^\ufeff?\s*\{/.test(text);
      if (!json) reader.push(text);
      else if (sizeBytes <= MAX_JSON_BYTES) document += text;
      else throw new RangeError(`a JSON list is larger than ${MAX_JSON_BYTES} bytes`);
    }
    const summary = json === true ? readJsonList(document + decoder.decode(), sink) : reader.end();
    return { summary, sizeBytes };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}
