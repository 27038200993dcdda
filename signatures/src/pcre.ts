/**
 * `pcre:"/…/flags"`: the pattern, its flags and the buffer an old flag selects.
 *
 * Invariant: the pattern is not compiled here (that is the engine's PCRE2); what is refused here can
 * compile nowhere: unbalanced parentheses, an open class, a trailing backslash.
 */
import { shown } from './faults.ts';
import { argumentFault, type Grammar } from './grammar.ts';

/** Flags that move the match to a buffer, as Suricata still reads them. */
export const PCRE_BUFFERS: ReadonlyMap<string, string> = new Map([
  ['U', 'http.uri'],
  ['I', 'http.uri.raw'],
  ['P', 'http.request_body'],
  ['Q', 'http.response_body'],
  ['H', 'http.header'],
  ['D', 'http.header.raw'],
  ['M', 'http.method'],
  ['C', 'http.cookie'],
  ['V', 'http.user_agent'],
  ['W', 'http.host'],
  ['Z', 'http.host.raw'],
  ['S', 'http.stat_code'],
  ['Y', 'http.stat_msg'],
]);
const PLAIN_FLAGS = 'imsxAEGRBO';

export const pcre: Grammar = (argument) => {
  const found = /^(!)?\s*"\s*\/([\s\S]*)\/([^/"]*)"$/.exec(argument ?? '');
  if (found === null) return argumentFault('expects "/PATTERN/FLAGS" in double quotes');
  const [, bang, pattern = '', tail = ''] = found;
  // After the flags a capture may name variables: `,flow:name`.
  const comma = tail.indexOf(',');
  const flags = (comma === -1 ? tail : tail.slice(0, comma)).trim();
  const buffers: string[] = [];
  for (const flag of flags) {
    if (PCRE_BUFFERS.has(flag)) buffers.push(flag);
    else if (!PLAIN_FLAGS.includes(flag)) return argumentFault(`unknown flag ${shown(flag)}`);
  }
  if (buffers.length > 1) return argumentFault(`flags ${buffers.join(', ')} name two buffers`);
  const captures = comma === -1 ? [] : tail.slice(comma + 1).split(',');
  for (const capture of captures) {
    if (!/^\s*(pkt|flow|alert|ip)[:_]?[\w.:-]+\s*$/.test(capture)) {
      return argumentFault(`${shown(capture)} is no capture (flow:NAME, pkt:NAME or alert:NAME)`);
    }
  }
  const problem = patternProblem(pattern, flags.includes('x'));
  if (problem !== undefined) return argumentFault(problem);
  return { type: 'pcre', pattern, flags: tail.trim(), negated: bang !== undefined };
};

function patternProblem(pattern: string, extended: boolean): string | undefined {
  if (pattern === '') return 'the pattern is empty';
  // Literal stretches and comments hide brackets; the engine's compiler judges those patterns.
  const literal = extended || pattern.includes('\\Q') || pattern.includes('(?#');
  let depth = 0;
  let classStart = -1;
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at];
    if (char === '\\') {
      at += 1;
      if (at === pattern.length) return 'the pattern ends in a backslash';
    } else if (classStart !== -1) {
      if (char === '[' && /^\[:\^?[a-z]+:\]/.test(pattern.slice(at, at + 12))) {
        at = pattern.indexOf(']', at);
      } else if (char === ']' && at > classStart) classStart = -1;
    } else if (char === '[') {
      classStart = at + (pattern[at + 1] === '^' ? 2 : 1);
      at = classStart - 1;
      // A `]` in the first place of a class is itself.
      if (pattern[at + 1] === ']') at += 1;
    } else if (char === '(') depth += 1;
    else if (char === ')') {
      depth -= 1;
      if (depth < 0 && !literal) return `")" at ${at + 1} closes nothing`;
    }
  }
  if (literal) return undefined;
  if (classStart !== -1) return 'a character class "[" is not closed';
  return depth > 0 ? 'a parenthesis "(" is not closed' : undefined;
}

/** Whether a repeated group repeats within, as `(a+)+`: such a pattern may try exponentially many ways. */
export function backtracksBadly(pattern: string): boolean {
  /** Per open group: whether something in it repeats without bound. */
  const repeats: boolean[] = [false];
  let inClass = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at];
    if (char === '\\') at += 1;
    else if (inClass) inClass = char !== ']';
    else if (char === '[') inClass = true;
    else if (char === '(') repeats.push(false);
    else if (char === '+' || char === '*') repeats[repeats.length - 1] = true;
    else if (char === ')' && repeats.length > 1) {
      const inner = repeats.pop() ?? false;
      const next = pattern.slice(at + 1, at + 8);
      // A possessive repetition (`)++`) gives nothing back.
      const unbounded = /^(?:[+*](?!\+)|\{\d{1,4},\})/.test(next);
      if (inner && unbounded) return true;
      if (inner) repeats[repeats.length - 1] = true;
    }
  }
  return false;
}
