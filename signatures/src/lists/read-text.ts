/**
 * Lists of lines: plain, CSV with named columns, hosts files, Adblock filters.
 *
 * Sources: the publishers' own files (abuse.ch Feodo Tracker and SSLBL, ipsum, blocklist.de, ET
 * compromised IPs, hosts files, EasyPrivacy). Invariant: a line is looked at once and kept no longer.
 */

import {
  INDICATOR_TYPES,
  type IndicatorListFormat,
  type IndicatorType,
} from '#contracts/indicator-lists.ts';
import { withPort } from './indicator-value.ts';
import type { EntryFacts, ListSink, ListSummary } from './list-loader.ts';

/** Longest line; what is longer is no entry of any list. */
export const MAX_LINE = 8192;

type Columns = ReadonlyMap<string, number>;

export class TextListReader {
  readonly #sink: ListSink;
  #format: IndicatorListFormat | undefined;
  #columns: Columns | undefined;
  #line = 0;
  #rest = '';
  #cut = false;

  constructor(sink: ListSink) {
    this.#sink = sink;
    this.#format = sink.spec.format;
  }

  push(chunk: string): void {
    let at = 0;
    while (at < chunk.length) {
      const newline = chunk.indexOf('\n', at);
      const end = newline === -1 ? chunk.length : newline;
      const room = MAX_LINE - this.#rest.length;
      if (end - at > room) this.#cut = true;
      const piece = chunk.slice(at, at + Math.min(end - at, room));
      this.#rest = this.#rest === '' ? piece : this.#rest + piece;
      at = end + 1;
      if (newline !== -1) this.#endLine();
    }
  }

  end(): ListSummary {
    if (this.#rest !== '') this.#endLine();
    return this.#sink.summary(this.#format ?? 'plain');
  }

  #endLine(): void {
    this.#line += 1;
    const raw = this.#line === 1 ? this.#rest.replace(/^\ufeff/, '') : this.#rest;
    const cut = this.#cut;
    this.#rest = '';
    this.#cut = false;
    const text = raw.trim();
    if (text === '') return;
    const place = { line: this.#line, column: raw.search(/\S/) + 1 };
    if (cut) {
      this.#sink.fault(place, 'LIST_ENTRY', `the line is longer than ${MAX_LINE}`);
      return;
    }
    const isComment = /^(#|;|\/\/)/.test(text);
    // Every format but one may begin with comments of this kind: they tell none.
    if (!isComment) this.#format ??= this.#formatOf(text);
    if (this.#format === 'adblock') this.#adblock(text, place);
    else if (isComment) this.#comment(text);
    else if (this.#format === 'hosts') this.#hosts(text, place);
    else if (this.#format === 'csv' || this.#columns !== undefined) this.#csv(text, place);
    else this.#plain(text, place);
  }

  #formatOf(text: string): IndicatorListFormat {
    const told = formatOf(text);
    return told === 'plain' && this.#columns !== undefined ? 'csv' : told;
  }

  /** abuse.ch names its columns in the last comment before the rows. */
  #comment(text: string): void {
    if (this.#format === 'hosts') return;
    const columns = columnsOf(text.replace(/^[#;/\s]+/, ''));
    if (columns === undefined) return;
    this.#columns = columns;
    if (this.#format === 'plain') this.#format = 'csv';
  }

  /** `VALUE`, `VALUE # comment`, and ipsum's `ADDRESS<TAB>lists that name it`. */
  #plain(text: string, place: { line: number; column: number }): void {
    const columns = this.#line === 1 || this.#sink.entries === 0 ? columnsOf(text) : undefined;
    if (columns !== undefined) {
      this.#columns = columns;
      this.#format = 'csv';
      return;
    }
    const counted = text.includes('\t') ? /^(\S+)\t(\d{1,4})$/.exec(text) : null;
    if (counted !== null) {
      const confidence = Math.min(100, Number(counted[2]) * 10);
      this.#sink.value(counted[1] ?? '', place, { confidence });
      return;
    }
    this.#sink.value(/\s/.test(text) ? text.replace(/\s+[#;].*$/, '') : text, place);
  }

  #hosts(text: string, { line, column }: { line: number; column: number }): void {
    const words = text.replace(/#.*$/, '').trim().split(/\s+/);
    for (const name of words.slice(1)) {
      if (LOCAL_NAMES.test(name)) this.#sink.notApplicable += 1;
      else {
        const at = column + text.indexOf(name, words[0]?.length ?? 0);
        this.#sink.value(name, { line, column: at }, {}, 'domain');
      }
    }
  }

  /** `||domain^` with options that do not narrow it to pages; the rest needs a browser. */
  #adblock(text: string, { line, column }: { line: number; column: number }): void {
    if (text.startsWith('!') || /^\[[^\]]*\]$/.test(text)) return;
    const found = /^\|\|([^/^$*|]+)\^?(?:\$([\w,~-]+))?$/.exec(text);
    if (found === null || !(found[2] ?? '').split(',').every((option) => WHOLE_SITE.test(option))) {
      this.#sink.notApplicable += 1;
      return;
    }
    this.#sink.value(found[1] ?? '', { line, column: column + 2 }, {}, 'domain');
  }

  #csv(text: string, place: { line: number; column: number }): void {
    const cells = cellsOf(text);
    if (this.#columns === undefined) {
      this.#columns = columnsOf(text);
      if (this.#columns === undefined) {
        this.#sink.fault(
          place,
          'LIST_FORMAT',
          'no column of the first line names a kind of indicator',
        );
        this.#columns = new Map();
      }
      return;
    }
    const cell = (name: string): string => cells[this.#columns?.get(name) ?? -1]?.trim() ?? '';
    const facts = factsOf(cell);
    const port = cell('port');
    if (cell('address') !== '' && /^\d{1,5}$/.test(port) && port !== '0') {
      this.#sink.take(withPort(cell('address'), Number(port)), place, facts);
      return;
    }
    const named = VALUE_COLUMNS.find((column) => cell(column) !== '');
    // Columns are named in a row too, after a comment that names some, or where lists were joined.
    if (named !== undefined && COLUMN_NAMES.has(columnName(cell(named)))) {
      this.#columns = columnsOf(text) ?? this.#columns;
    } else if (named !== undefined) {
      this.#sink.value(cell(named), place, facts, this.#typeOf(named));
    } else if (this.#columns.size > 0) {
      this.#sink.fault(place, 'LIST_ENTRY', 'the row names no indicator');
    } else this.#sink.failed += 1;
  }

  /** A list of certificates may call its digests sha256 as a list of files does. */
  #typeOf(column: IndicatorType | 'value'): IndicatorType | undefined {
    const { type } = this.#sink.spec;
    return type ?? (column === 'value' ? undefined : column);
  }
}

const LOCAL_NAMES = /^(localhost|broadcasthost|local|ip6-.*|.*\.localdomain|0\.0\.0\.0)$/i;
/** Options of a filter that leave it a filter of every request to the site. */
const WHOLE_SITE = /^(third-party|3p|all|important|document|doc|popup|)$/;

function formatOf(line: string): IndicatorListFormat {
  if (/^\[adblock|^!|^\|\||^@@/i.test(line)) return 'adblock';
  return /^(0\.0\.0\.0|127\.0\.0\.1|::1?|fe80::\S*)\s+\S/.test(line) ? 'hosts' : 'plain';
}

const VALUE_COLUMNS = [...INDICATOR_TYPES, 'value'] as const;

/** What publishers call their columns, in small letters without blanks. */
const COLUMN_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    address: 'dst_ip dstip ip ip_address address src_ip network cidr',
    port: 'dst_port dstport port',
    domain: 'domain hostname host fqdn',
    url: 'url',
    'certificate-sha1': 'sha1 sha1_hash cert_sha1 certificate_sha1',
    'certificate-sha256': 'cert_sha256 certificate_sha256',
    'file-sha256': 'sha256 sha256_hash file_sha256',
    'file-md5': 'md5 md5_hash file_md5',
    ja3: 'ja3 ja3_md5 ja3_hash',
    ja3s: 'ja3s ja3s_md5 ja3s_hash',
    ja4: 'ja4',
    value: 'value indicator ioc entry',
    category: 'category malware listingreason threat signature family tags',
    confidence: 'confidence confidence_level',
    expires: 'expires valid_until expiry',
  }).flatMap(([name, spellings]) => spellings.split(' ').map((one) => [one, name] as const)),
);

const columnName = (cell: string): string => cell.trim().toLowerCase().replaceAll(' ', '_');

/** Names of columns by their place, if one of them is a kind of indicator. */
function columnsOf(line: string): Columns | undefined {
  const cells = cellsOf(line);
  if (cells.length < 2 && !COLUMN_NAMES.has(line.trim().toLowerCase())) return undefined;
  const columns = new Map<string, number>();
  for (const [at, cell] of cells.entries()) {
    const name = COLUMN_NAMES.get(columnName(cell));
    if (name !== undefined && !columns.has(name)) columns.set(name, at);
  }
  return VALUE_COLUMNS.some((name) => columns.has(name)) ? columns : undefined;
}

/** RFC 4180, one row a line. */
function cellsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? '';
    if (char === '"' && quoted && line[at + 1] === '"') {
      cell += '"';
      at += 1;
    } else if (char === '"') quoted = !quoted;
    else if (char === ',' && !quoted) {
      cells.push(cell);
      cell = '';
    } else cell += char;
  }
  return [...cells, cell];
}

function factsOf(cell: (name: string) => string): EntryFacts {
  const confidence = cell('confidence');
  const expires = secondsOf(cell('expires'));
  return {
    ...(cell('category') !== '' && { category: cell('category') }),
    ...(/^\d{1,3}$/.test(confidence) && { confidence: Math.min(100, Number(confidence)) }),
    ...(expires !== undefined && { expires }),
  };
}

/** Seconds since 1970 of an RFC 3339 time; without a zone it is UTC, whatever the machine's is. */
export function secondsOf(text: string): number | undefined {
  const found =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  if (found === null) return undefined;
  const [, day = '', time = '00:00', zone = 'Z'] = found;
  const ms = Date.parse(`${day}T${time}${zone}`);
  return Number.isNaN(ms) || ms < 0 ? undefined : Math.floor(ms / 1000);
}
