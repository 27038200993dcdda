/**
 * Indicator lists in memory, as one table.
 *
 * Invariant: what is wrong with an entry is named with its place; every other entry counts.
 */
import type { IndicatorListFormat, IndicatorType } from '#contracts/indicator-lists.ts';
import type { Fault } from '../faults.ts';
import { IndicatorCollector, type Indicators } from './indicators.ts';
import { ListFaults, ListSink, type ListSpec } from './list-loader.ts';
import { readJsonList } from './read-json.ts';
import { TextListReader } from './read-text.ts';

/** How a list is read; what is not said is told by its first lines and its values. */
export interface ListOptions {
  readonly name?: string | undefined;
  readonly category?: string | undefined;
  readonly format?: IndicatorListFormat | undefined;
  readonly type?: IndicatorType | undefined;
  readonly confidence: number;
  readonly severity: number;
  /** ISO 8601; never. */
  readonly expires?: string | undefined;
}

export interface ListFile {
  readonly name: string;
  readonly text: string;
  readonly list: ListOptions;
}

export interface ReadLists {
  readonly indicators: Indicators;
  readonly entries: number;
  readonly faults: readonly Fault[];
  readonly faultsOmitted: number;
}

export function readLists(files: readonly ListFile[]): ReadLists {
  const collector = new IndicatorCollector();
  const faults = new ListFaults();
  for (const file of files) {
    const sink = new ListSink(specOf(file), collector, faults);
    if (isJson(file)) readJsonList(file.text, sink);
    else {
      const reader = new TextListReader(sink);
      reader.push(file.text);
      reader.end();
    }
  }
  const indicators = collector.result();
  return {
    indicators,
    entries: indicators.tables.reduce((sum, { keys }) => sum + keys.length, 0),
    faults: faults.faults,
    faultsOmitted: faults.omitted,
  };
}

function specOf({ name: source, list }: ListFile): ListSpec {
  const { format, type, confidence, severity, expires } = list;
  const name = list.name ?? source.replace(/\.gz$/, '').replace(/\.\w+$/, '');
  return {
    ...{ name, source, confidence, severity },
    category: list.category ?? name,
    expires: expires === undefined ? 0 : Math.floor(Date.parse(expires) / 1000),
    ...(format !== undefined && { format }),
    ...(type !== undefined && { type }),
  };
}

function isJson({ text, list: { format } }: ListFile): boolean {
  if (format !== undefined) return format === 'misp' || format === 'stix';
  return /^\ufeff?\s*\{/.test(text);
}
