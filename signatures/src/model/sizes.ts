/** `8`, `64kb`, `1mb`: sizes as bytes. */

const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** 0 where nothing stands. */
export function amountOfSize(text: string): number {
  const [, digits = '0', unit = ''] = /^(\d+)\s*([kmg]?)b?$/i.exec(text.trim()) ?? [];
  return Number(digits) * (FACTORS[unit.toLowerCase()] ?? 1);
}
