/** Waiting times between attempts. Invariant: between half and the whole of 100 ms · 2^n, 5 s at most. */
const kFirstMs = 100;
const kMostMs = 5_000;

/** `random` in [0, 1) spreads the attempts of many sensors. */
export function backoffMs(failures: number, random: number): number {
  const whole = Math.min(kMostMs, kFirstMs * 2 ** Math.min(failures, 16));
  return whole / 2 + (whole / 2) * random;
}
