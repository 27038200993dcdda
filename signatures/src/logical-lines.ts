/**
 * A rule file as rules: comments and empty lines gone, continued lines joined.
 *
 * Invariants: every offset of a joined text leads back to its line and column; lines without a rule
 * cost nothing but their reading; a text longer than MAX_RULE_LENGTH is cut and says so.
 */

/** Longest rule read, in UTF-16 units; Suricata's own limit is far below it. */
export const MAX_RULE_LENGTH = 65_536;

export interface LogicalLine {
  readonly text: string;
  readonly tooLong: boolean;
  /** A rule that is commented out. */
  readonly disabled: boolean;
  readonly pieces: readonly Piece[];
}

/** From `offset` of the joined text on, it stands at `line` and `column` of the file. */
interface Piece {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

const DISABLED_RULE = /^#[#\s]*(alert|pass|drop|reject\w*|config)\s+\S+\s.*\(/;

export function* logicalLines(source: string): Generator<LogicalLine> {
  let at = source.startsWith('\ufeff') ? 1 : 0;
  let line = 0;
  let text = '';
  let tooLong = false;
  let pieces: Piece[] = [];
  while (at < source.length) {
    const newline = source.indexOf('\n', at);
    const end = newline === -1 ? source.length : newline;
    line += 1;
    let stop = end;
    while (stop > at && isBlank(source.charCodeAt(stop - 1))) stop -= 1;
    let start = at;
    while (start < stop && isBlank(source.charCodeAt(start))) start += 1;
    const column = start - at + 1;
    at = end + 1;
    const first = text === '' && pieces.length === 0;
    if (first && (start === stop || source[start] === '#')) {
      const head = source.slice(start, Math.min(stop, start + MAX_RULE_LENGTH));
      if (DISABLED_RULE.test(head)) {
        yield { text: head, tooLong: false, disabled: true, pieces: [{ offset: 0, line, column }] };
      }
      continue;
    }
    const continued = stop > start && source[stop - 1] === '\\';
    pieces.push({ offset: text.length, line, column });
    const room = MAX_RULE_LENGTH - text.length;
    const length = stop - start - (continued ? 1 : 0);
    if (length > room) tooLong = true;
    text += source.slice(start, start + Math.min(length, Math.max(room, 0)));
    if (continued && at < source.length) continue;
    yield { text, tooLong, disabled: false, pieces };
    text = '';
    tooLong = false;
    pieces = [];
  }
  if (pieces.length > 0) yield { text, tooLong, disabled: false, pieces };
}

export function position(line: LogicalLine, offset: number): { line: number; column: number } {
  let low = 0;
  let high = line.pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((line.pieces[middle]?.offset ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const piece = line.pieces[low] ?? { offset: 0, line: 1, column: 1 };
  return { line: piece.line, column: piece.column + offset - piece.offset };
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13;
}
