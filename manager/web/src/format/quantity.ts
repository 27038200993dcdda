// Numbers as people read them: three significant digits, decimal units, always with the unit.

const none = '–';
const grouped = new Intl.NumberFormat('en-GB');
const UNITS = ['', 'k', 'M', 'G', 'T', 'P'] as const;

function scaled(value: number): { text: string; prefix: string } {
  let rest = Math.abs(value);
  let step = 0;
  // 999.5 would print as "1000", so it already belongs to the next unit.
  while (rest >= 999.5 && step < UNITS.length - 1) {
    rest /= 1000;
    step += 1;
  }
  const whole = step === 0 && Number.isInteger(rest);
  const digits = whole || rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  const text = `${value < 0 ? '−' : ''}${rest.toFixed(digits)}`;
  return { text, prefix: UNITS[step] ?? '' };
}

/** 1234 → "1.23 kB" */
export function formatBytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return none;
  const { text, prefix } = scaled(value);
  return `${text} ${prefix}B`;
}

/** 1_200_000 bit/s → "1.20 Mbit/s" */
export function formatBitRate(bitsPerSecond: number): string {
  const { text, prefix } = scaled(bitsPerSecond);
  return `${text} ${prefix}bit/s`;
}

/** 1234567 → "1.23 M"; below ten thousand the exact number. */
export function formatCount(value: number | null | undefined): string {
  if (value === null || value === undefined) return none;
  if (Math.abs(value) < 10_000) return grouped.format(value);
  const { text, prefix } = scaled(value);
  return `${text} ${prefix}`;
}

/** 1234567 → "1,234,567" */
export function formatExact(value: number | null | undefined): string {
  return value === null || value === undefined ? none : grouped.format(value);
}

/** 0.01234 → "1.23 %"; something that is not zero never reads as zero. */
export function formatRatio(ratio: number): string {
  const percent = ratio * 100;
  if (percent === 0) return '0 %';
  if (percent < 0.01) return '< 0.01 %';
  return `${percent >= 10 ? percent.toFixed(1) : percent.toFixed(2)} %`;
}
