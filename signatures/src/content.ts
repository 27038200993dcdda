/**
 * `content:"…"` and its like: text with |hex| pieces and \" \; \\ \: escapes, as bytes.
 *
 * Invariant: bytes printed read as the same bytes. Non-ASCII characters stand for their UTF-8 bytes.
 */
import { shown } from './faults.ts';
import { argumentFault, type Grammar } from './grammar.ts';

const QUOTED = /^(!)?\s*"([\s\S]*)"$/;
const PLAIN = /^[\x20-\x7e]$/;

export const content: Grammar = (argument) => {
  const found = QUOTED.exec(argument ?? '');
  if (found === null) return argumentFault('expects a text in double quotes');
  const bytes = contentBytes(found[2] ?? '');
  if (typeof bytes === 'string') return argumentFault(bytes);
  if (bytes.length === 0) return argumentFault('is empty');
  return { type: 'content', bytes, negated: found[1] !== undefined };
};

/** The bytes, or what is wrong. */
function contentBytes(text: string): number[] | string {
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '"') return 'a quote within the text must be written \\"';
    if (char === '|') {
      const end = text.indexOf('|', at + 1);
      if (end === -1) return 'the hex piece is not closed by "|"';
      const digits = text.slice(at + 1, end).replace(/\s+/g, '');
      if (digits === '' || digits.length % 2 !== 0 || !/^[0-9a-f]+$/i.test(digits)) {
        return `${shown(text.slice(at, end + 1))} is no pairs of hex digits`;
      }
      for (let i = 0; i < digits.length; i += 2) {
        bytes.push(Number.parseInt(digits.slice(i, i + 2), 16));
      }
      at = end;
    } else if (char === '\\') {
      const next = text[at + 1] ?? '';
      if (!'";:\\'.includes(next) || next === '') return `"\\${next}" is no escape; write \\\\`;
      bytes.push(next.charCodeAt(0));
      at += 1;
    } else if (char < '\u0080') {
      bytes.push(char.charCodeAt(0));
    } else {
      const whole = String.fromCodePoint(text.codePointAt(at) ?? 0);
      bytes.push(...encoder.encode(whole));
      at += whole.length - 1;
    }
  }
  return bytes;
}

export function printContent(bytes: readonly number[]): string {
  let printed = '';
  let hex: string[] = [];
  const flush = () => {
    if (hex.length > 0) printed += `|${hex.join(' ')}|`;
    hex = [];
  };
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    if (PLAIN.test(char) && !'|";:\\'.includes(char)) {
      flush();
      printed += char;
    } else {
      hex.push(byte.toString(16).padStart(2, '0'));
    }
  }
  flush();
  return printed;
}
