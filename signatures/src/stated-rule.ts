/**
 * What a rule says of itself, told without reading it: enough to list and to choose those that are
 * commented out, whatever else is in them.
 *
 * Invariant: what stands in quotes is never taken for an option.
 */

export interface StatedRule {
  readonly gid: number;
  readonly sid: number;
  readonly rev: number;
  readonly msg: string;
  readonly classtype: string;
  /** Without the marks of the comment. */
  readonly text: string;
}

const QUOTED = /"(?:[^"\\]|\\.)*"/g;
const COMMENT = /^[#\s]+/;

/** undefined: it has no sid. */
export function statedRule(text: string): StatedRule | undefined {
  const unquoted = text.replace(QUOTED, '""');
  const number = (keyword: string): number | undefined => {
    const digits = new RegExp(`[;(]\\s*${keyword}\\s*:\\s*(\\d{1,10})\\s*;`).exec(unquoted)?.[1];
    return digits === undefined ? undefined : Number(digits);
  };
  const sid = number('sid');
  if (sid === undefined) return undefined;
  const msg = /[;(]\s*msg\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? '';
  return {
    gid: number('gid') ?? 1,
    sid,
    rev: number('rev') ?? 0,
    msg: msg.replace(/\\(.)/g, '$1'),
    classtype: /[;(]\s*classtype\s*:\s*([\w-]+)\s*;/.exec(unquoted)?.[1] ?? '',
    text: text.replace(COMMENT, ''),
  };
}

/** The same text with spaces for the marks of its comment, so that places stay what they are. */
export function withoutComment(text: string): string {
  return text.replace(COMMENT, (marks) => ' '.repeat(marks.length));
}
