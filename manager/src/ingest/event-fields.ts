/**
 * Reads the fields of an event that came as JSON and writes them as columns.
 *
 * Invariant: a field of the wrong kind is an InvalidEvent that names its path; an absent or null one is
 * NULL. This is the parser at the edge: it checks what is stored in the pass that encodes it, because
 * a schema's walk over all fields would cost more than the rest of ingest (a test holds it against zod).
 */
import type { BinaryRows, Instant } from '#manager/store/binary-rows.ts';
import { parseEveTime } from './eve-time.ts';

export type Json = Readonly<Record<string, unknown>>;

export class InvalidEvent extends Error {
  readonly path: string;

  constructor(path: string, wanted: string) {
    super(`${path}: ${wanted}`);
    this.name = 'InvalidEvent';
    this.path = path;
  }
}

/** Long enough for a URL with its query; what is longer is cut, the event itself stays. */
export const MAX_TEXT_CHARS = 16_384;
/** Names are indexed, and a btree entry has room for 2,704 bytes. */
export const MAX_NAME_CHARS = 512;
const kMaxArray = 256;

export function object(value: unknown, path: string): Json {
  const found = objectIfAny(value);
  if (found === undefined) throw new InvalidEvent(path, 'an object is wanted');
  return found;
}

export function optionalObject(value: unknown, path: string): Json | undefined {
  return value === undefined || value === null ? undefined : object(value, path);
}

/** For who takes what there is: another kind is as good as none. */
export function objectIfAny(value: unknown): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  // The checks above are what Json says.
  return value as Json;
}

export function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new InvalidEvent(path, 'a text is wanted');
  return value;
}

export function optionalText(value: unknown, path: string): string | undefined {
  return value === undefined || value === null ? undefined : text(value, path);
}

/** A value that must be there; what kind it is of is checked by who takes it. */
export function required(value: unknown, path: string): unknown {
  if (value === undefined || value === null) throw new InvalidEvent(path, 'it is missing');
  return value;
}

/** A whole number from `min` to 2^53 - 1. */
export function integer(value: unknown, path: string, min = 0): number {
  if (!Number.isSafeInteger(value) || (value as number) < min) {
    throw new InvalidEvent(path, `a whole number from ${min} is wanted`);
  }
  return value as number;
}

export function time(value: unknown, path: string): Instant {
  const instant = parseEveTime(value);
  if (instant === undefined) {
    throw new InvalidEvent(path, 'a time such as 2026-11-20T14:32:15.123456+0000 is wanted');
  }
  return instant;
}

export function putText(rows: BinaryRows, value: unknown, path: string): void {
  const string = optionalText(value, path);
  if (string === undefined) rows.null();
  else rows.text(string.length > MAX_TEXT_CHARS ? string.slice(0, MAX_TEXT_CHARS) : string);
}

/** A text that the event must have. */
export function putRequired(rows: BinaryRows, value: unknown, path: string): void {
  putText(rows, text(value, path), path);
}

/** A text that is indexed: a domain, a host. */
export function putName(rows: BinaryRows, value: unknown, path: string): void {
  const string = optionalText(value, path);
  if (string === undefined) rows.null();
  else rows.text(string.length > MAX_NAME_CHARS ? string.slice(0, MAX_NAME_CHARS) : string);
}

export function putTexts(rows: BinaryRows, value: unknown, path: string): void {
  if (value === undefined || value === null) {
    rows.null();
    return;
  }
  if (!Array.isArray(value)) throw new InvalidEvent(path, 'a list is wanted');
  rows.textArray(value.slice(0, kMaxArray).map((item, index) => text(item, `${path}.${index}`)));
}

const kMaxInt4 = 2 ** 31 - 1;

export function putInt4(rows: BinaryRows, value: unknown, path: string): void {
  if (value === undefined || value === null) {
    rows.null();
    return;
  }
  const number = integer(value, path, -kMaxInt4);
  if (number > kMaxInt4) throw new InvalidEvent(path, `at most ${kMaxInt4} is wanted`);
  rows.int4(number);
}

export function putInt8(rows: BinaryRows, value: unknown, path: string): void {
  if (value === undefined || value === null) rows.null();
  else rows.int8(integer(value, path));
}

export function putPort(rows: BinaryRows, value: unknown, path: string): void {
  if (value === undefined || value === null) {
    rows.null();
    return;
  }
  const port = integer(value, path);
  if (port > 65_535) throw new InvalidEvent(path, 'a port is wanted');
  rows.int4(port);
}

export function boolean(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw new InvalidEvent(path, 'true or false is wanted');
  return value;
}

const kMaxDepth = 64;
const kMaxJsonChars = 256 * 1024;

/** An event as jsonb that PostgreSQL takes: no NUL, no lone surrogate, no endless nesting. */
export function putJson(rows: BinaryRows, event: Json, line: string): void {
  if (line.length > kMaxJsonChars)
    throw new InvalidEvent('event', `over ${kMaxJsonChars} characters`);
  // Only an escape can bring in what jsonb refuses, and only many brackets can nest deeply: almost no line
  // has either.
  const plain = !/\\u(?:0000|[dD][89a-fA-F])/.test(line) && openings(line) < kMaxDepth;
  // Parsed and written again even so: jsonb refuses numbers that JSON.parse has made finite.
  rows.jsonb(JSON.stringify(plain ? event : cleaned(event, 0)));
}

function openings(line: string): number {
  let count = 0;
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === 0x7b || code === 0x5b) count += 1;
  }
  return count;
}

function cleaned(value: unknown, depth: number): unknown {
  if (depth > kMaxDepth) throw new InvalidEvent('event', `nested more than ${kMaxDepth} deep`);
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map((item) => cleaned(item, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [cleanText(key), cleaned(item, depth + 1)]),
  );
}

export function cleanText(value: string): string {
  const text = value.isWellFormed() ? value : value.toWellFormed();
  return text.includes('\0') ? text.replaceAll('\0', '�') : text;
}
