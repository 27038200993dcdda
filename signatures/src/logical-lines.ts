/**
 * A rule file as rules: comments and empty lines gone, continued lines joined.
 *
 * Invariants: every offset of a joined text leads back to its line and column; lines without a rule
 * cost nothing but their reading; a text longer than MAX_RULE_LENGTH is cut and says so, so that no
 * file, however large, makes the reader hold more than that (and MAX_PIECES places).
 */

/** Longest rule read, in UTF-16 units; Suricata's own limit is far below it. */
export const MAX_RULE_LENGTH = 65_536;
/** Most lines one rule is continued over whose places are kept. */
const MAX_PIECES = 4096;

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
  const reader = new LogicalLineReader();
  yield* reader.push(source);
  yield* reader.end();
}

/** Takes a file in pieces of any size and gives the rules that are whole. */
export class LogicalLineReader {
  /** The physical line as far as it came: without blanks before it, cut at MAX_RULE_LENGTH. */
  #line = '';
  #lineCut = false;
  /** Its last character that is not blank. */
  #last = '';
  #blanks = 0;
  #number = 1;
  /** The joined lines before it. */
  #text = '';
  #tooLong = false;
  #pieces: Piece[] = [];
  #started = false;

  /** UTF-16 units held at the moment. */
  get held(): number {
    return this.#line.length + this.#text.length;
  }

  *push(chunk: string): Generator<LogicalLine> {
    let at = !this.#started && chunk.startsWith('\ufeff') ? 1 : 0;
    this.#started ||= chunk !== '';
    while (at < chunk.length) {
      const newline = chunk.indexOf('\n', at);
      const end = newline === -1 ? chunk.length : newline;
      this.#append(chunk, at, end);
      at = end + 1;
      if (newline !== -1) yield* this.#endLine();
    }
  }

  *end(): Generator<LogicalLine> {
    if (this.#line !== '') yield* this.#endLine();
    if (this.#pieces.length > 0) yield this.#take();
  }

  #append(chunk: string, from: number, end: number): void {
    let start = from;
    if (this.#line === '') {
      while (start < end && isBlank(chunk.charCodeAt(start))) start += 1;
      this.#blanks += start - from;
    }
    let stop = end;
    while (stop > start && isBlank(chunk.charCodeAt(stop - 1))) stop -= 1;
    if (stop > start) this.#last = chunk[stop - 1] ?? '';
    const room = MAX_RULE_LENGTH - this.#line.length;
    if (stop - start > room) this.#lineCut = true;
    this.#line += chunk.slice(start, start + Math.min(end - start, room));
  }

  *#endLine(): Generator<LogicalLine> {
    const line = trimEnd(this.#line);
    const place = { line: this.#number, column: this.#blanks + 1 };
    const cut = this.#lineCut;
    const continued = this.#last === '\\';
    this.#line = '';
    this.#lineCut = false;
    this.#last = '';
    this.#blanks = 0;
    this.#number += 1;
    if (this.#pieces.length === 0 && (line === '' || line.startsWith('#'))) {
      if (DISABLED_RULE.test(line)) {
        const pieces = [{ offset: 0, ...place }];
        yield { text: line, tooLong: false, disabled: true, pieces };
      }
      return;
    }
    if (this.#pieces.length < MAX_PIECES) {
      this.#pieces.push({ offset: this.#text.length, ...place });
    } else {
      this.#tooLong = true;
    }
    const whole = continued && !cut ? line.slice(0, -1) : line;
    const room = MAX_RULE_LENGTH - this.#text.length;
    if (cut || whole.length > room) this.#tooLong = true;
    this.#text += whole.slice(0, room);
    if (!continued) yield this.#take();
  }

  #take(): LogicalLine {
    const taken = {
      text: this.#text,
      tooLong: this.#tooLong,
      disabled: false,
      pieces: this.#pieces,
    };
    this.#text = '';
    this.#tooLong = false;
    this.#pieces = [];
    return taken;
  }
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

function trimEnd(text: string): string {
  let stop = text.length;
  while (stop > 0 && isBlank(text.charCodeAt(stop - 1))) stop -= 1;
  return text.slice(0, stop);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13;
}
