// Times as people read them: local in the cell, UTC and the full microseconds on hover.
// Invariant: a text that is no time is shown as it is, never as "Invalid Date".

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const year = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** EVE writes `+0000`, REST `Z`; both are read. */
export function parseTime(text: string): number {
  return Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
}

function sameDay(a: Date, b: Date): boolean {
  return a.toDateString() === b.toDateString();
}

/** "14:32:15.123", with the day in front when it is not today. */
export function formatTime(text: string, nowMs: number): string {
  const ms = parseTime(text);
  if (!Number.isFinite(ms)) return text;
  const date = new Date(ms);
  const time = `${clock.format(date)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
  const now = new Date(nowMs);
  if (sameDay(date, now)) return time;
  const prefix = date.getFullYear() === now.getFullYear() ? day.format(date) : year.format(date);
  return `${prefix} ${time}`;
}

/** "2026-11-20 14:32:15.123456 UTC" */
export function formatUtc(text: string): string {
  const ms = parseTime(text);
  if (!Number.isFinite(ms)) return text;
  const seconds = new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return `${seconds}${fraction === '' ? '' : `.${fraction}`} UTC`;
}

/** So that a year that has just begun to run reads as 365 days, not 364. */
const JUST_BEGUN_MS = 30_000;

/** "3 min ago", "in 2 d" */
export function formatAgo(text: string, nowMs: number): string {
  const ms = parseTime(text);
  if (!Number.isFinite(ms)) return text;
  if (Math.abs(nowMs - ms) < 5_000) return 'just now';
  if (ms <= nowMs) return `${formatSpan(nowMs - ms)} ago`;
  return `in ${formatSpan(ms - nowMs + JUST_BEGUN_MS)}`;
}

/** A duration by its largest unit: "450 ms", "1.20 s", "12 s", "3 min", "5 h", "2 d". */
export function formatSpan(ms: number): string {
  if (ms < 1) return '< 1 ms';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(2)} s`;
  if (ms < 60_000) return `${Math.floor(ms / 1_000)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.floor(ms / 3_600_000)} h`;
  return `${Math.floor(ms / 86_400_000)} d`;
}

/** The time between two stamps, as formatSpan. */
export function spanBetween(start: string, end: string): string {
  const ms = parseTime(end) - parseTime(start);
  return Number.isFinite(ms) ? formatSpan(Math.max(0, ms)) : '–';
}
