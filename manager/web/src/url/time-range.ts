// The time range of a page, as the URL keeps it (`last=1h`, or `since=…&until=…`).
// Invariant: whatever the URL says, a valid range comes out; the default is never written.
import { DURATION_PATTERN } from '../api/contract.ts';

export type TimeRange =
  | { readonly kind: 'last'; readonly last: string }
  | { readonly kind: 'fixed'; readonly sinceMs: number; readonly untilMs: number };

export const DEFAULT_LAST = '1h';
export const PRESETS: readonly { readonly last: string; readonly label: string }[] = [
  { last: '15m', label: 'Last 15 minutes' },
  { last: '1h', label: 'Last hour' },
  { last: '6h', label: 'Last 6 hours' },
  { last: '24h', label: 'Last 24 hours' },
  { last: '7d', label: 'Last 7 days' },
];
export const RANGE_KEYS = ['last', 'since', 'until'] as const;

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const UNIT_NAMES: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
};

export function lastMs(last: string): number {
  return Number(last.slice(0, -1)) * (UNIT_MS[last.slice(-1)] ?? 0);
}

export function readRange(params: URLSearchParams): TimeRange {
  const sinceMs = Date.parse(params.get('since') ?? '');
  const untilMs = Date.parse(params.get('until') ?? '');
  if (Number.isFinite(sinceMs) && Number.isFinite(untilMs) && sinceMs < untilMs) {
    return { kind: 'fixed', sinceMs, untilMs };
  }
  const last = params.get('last') ?? '';
  return { kind: 'last', last: DURATION_PATTERN.test(last) ? last : DEFAULT_LAST };
}

/** The URL parameters of a range; all three keys, so that a merge clears what no longer holds. */
export function rangeParams(range: TimeRange): Record<(typeof RANGE_KEYS)[number], string | null> {
  if (range.kind === 'last') {
    return { last: range.last === DEFAULT_LAST ? null : range.last, since: null, until: null };
  }
  return {
    last: null,
    since: new Date(range.sinceMs).toISOString(),
    until: new Date(range.untilMs).toISOString(),
  };
}

/** The same as parameters of a request. */
export function rangeQuery(range: TimeRange): Record<string, string> {
  if (range.kind === 'last') return { last: range.last };
  return {
    since: new Date(range.sinceMs).toISOString(),
    until: new Date(range.untilMs).toISOString(),
  };
}

export function rangeBounds(range: TimeRange, nowMs: number): { fromMs: number; toMs: number } {
  if (range.kind === 'fixed') return { fromMs: range.sinceMs, toMs: range.untilMs };
  return { fromMs: nowMs - lastMs(range.last), toMs: nowMs };
}

const shortDate = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

export function rangeLabel(range: TimeRange): string {
  if (range.kind === 'fixed') {
    return `${shortDate.format(range.sinceMs)} – ${shortDate.format(range.untilMs)}`;
  }
  const preset = PRESETS.find(({ last }) => last === range.last);
  if (preset !== undefined) return preset.label;
  const amount = range.last.slice(0, -1);
  const unit = UNIT_NAMES[range.last.slice(-1)] ?? '';
  return `Last ${amount} ${unit}${amount === '1' ? '' : 's'}`;
}

/** The same where there is little room. */
export const rangeShort = (range: TimeRange): string =>
  range.kind === 'last' ? range.last : 'Custom';

/** Value of an `<input type="datetime-local">`, in the reader's own time zone. */
export function toLocalInput(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 16);
}
