/**
 * `--expect sid=1,count=2`: which alerts a capture must raise.
 *
 * Invariant: an expectation is met or not by the alerts alone, in whatever order they came; what it does
 * not understand is a fault of the command line, never an expectation that is silently met.
 */
import { NetmothError } from '#contracts/errors.ts';

export interface Expectation {
  /** As given. */
  readonly text: string;
  readonly sid: number;
  readonly gid: number;
  readonly low: number;
  readonly high: number;
  /** Dotted place in the event → value as text. */
  readonly fields: readonly (readonly [string, string])[];
}

export type EveEvent = Readonly<Record<string, unknown>>;

export interface Difference {
  readonly expected: string;
  readonly found: string;
}

const NONE = 'none';
const USAGE = 'expected none, or sid=NUMBER[,gid=NUMBER][,count=N|N-M|N+][,event.field=VALUE]…';
const COUNT = /^(\d{1,9})(?:-(\d{1,9})|(\+))?$/;

/** `undefined` where the word is "none": no alert at all. */
export function expectationOf(text: string): Expectation | undefined {
  if (text === NONE) return undefined;
  const given = new Map<string, string>();
  for (const pair of text.split(',')) {
    const at = pair.indexOf('=');
    if (at < 1 || given.has(pair.slice(0, at))) throw wrong(text);
    given.set(pair.slice(0, at), pair.slice(at + 1));
  }
  const sid = wholeNumber(given.get('sid'));
  const gid = wholeNumber(given.get('gid') ?? '1');
  // Without a count the rule must fire, however often.
  const [, low = '', high, more] = COUNT.exec(given.get('count') ?? '1+') ?? [];
  if (sid === undefined || gid === undefined || low === '') throw wrong(text);
  const least = Number(low);
  const most = more === '+' ? Number.POSITIVE_INFINITY : Number(high ?? low);
  if (most < least) throw wrong(text);
  const fields = [...given].filter(([name]) => !['sid', 'gid', 'count'].includes(name));
  return { text, sid, gid, low: least, high: most, fields };
}

/** Also where nothing is expected and something came. */
export function differences(
  expected: readonly Expectation[],
  alerts: readonly EveEvent[],
): Difference[] {
  const found: Difference[] = [];
  for (const one of expected) {
    const ofRule = alerts.filter((alert) => isOf(alert, one));
    const fitting = ofRule.filter((alert) =>
      one.fields.every(([path, value]) => textAt(alert, path) === value),
    );
    if (fitting.length >= one.low && fitting.length <= one.high) continue;
    const others = ofRule.length - fitting.length;
    const more = others > 0 ? ` (and ${times(others)} with other fields)` : '';
    found.push({ expected: one.text, found: times(fitting.length) + more });
  }
  const unexpected = new Map<string, number>();
  for (const alert of alerts) {
    if (expected.some((one) => isOf(alert, one))) continue;
    const name = `${idOf(alert)} ${textAt(alert, 'alert.signature') ?? ''}`.trim();
    unexpected.set(name, (unexpected.get(name) ?? 0) + 1);
  }
  for (const [name, count] of unexpected) {
    found.push({ expected: `no alert of ${name}`, found: times(count) });
  }
  return found;
}

function isOf(alert: EveEvent, { sid, gid }: Expectation): boolean {
  return idOf(alert) === `${gid}:${sid}`;
}

function idOf(alert: EveEvent): string {
  return `${textAt(alert, 'alert.gid')}:${textAt(alert, 'alert.signature_id')}`;
}

function times(count: number): string {
  return count === 1 ? '1 alert' : `${count} alerts`;
}

/** A value of the event as text; objects as JSON; undefined where there is none. */
function textAt(event: EveEvent, path: string): string | undefined {
  let at: unknown = event;
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as EveEvent)[key];
  }
  return typeof at === 'object' ? JSON.stringify(at) : String(at);
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function wrong(text: string): NetmothError {
  return new NetmothError('NM_USAGE', `--expect ${text}: ${USAGE}`);
}
