// The colours hold: every text token is readable on every surface it may stand on, in both themes
// (WCAG 2.2, 1.4.3: 4.5 to 1; 1.4.11: 3 to 1 for what outlines a control or draws a chart).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const css = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8');
type Tokens = ReadonlyMap<string, string>;

/** The tokens of one theme: the first or the second colour of each light-dark(). */
function tokensOf(theme: 'light' | 'dark'): Tokens {
  const pairs = [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);/g)];
  expect(pairs.length).toBeGreaterThan(20);
  return new Map(
    pairs.map(([, name = '', light = '', dark = '']) => [name, theme === 'light' ? light : dark]),
  );
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(tokens: Tokens, a: string, b: string): number {
  const [light = 0, dark = 0] = [a, b]
    .map((name) => luminance(tokens.get(name) ?? 'missing'))
    .toSorted((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const SURFACES = ['bg', 'surface', 'raised'];
const THEMES = [
  ['light', tokensOf('light')],
  ['dark', tokensOf('dark')],
] as const;

test.each(THEMES)('%s: text is readable on every surface', (_name, tokens) => {
  for (const text of ['text', 'muted', 'luna', 'danger', 'warn', 'info', 'plum', 'ok']) {
    for (const surface of SURFACES) {
      expect(contrast(tokens, text, surface), `${text} on ${surface}`).toBeGreaterThanOrEqual(4.5);
    }
  }
});

test.each(THEMES)('%s: tones are readable on their own soft ground', (_name, tokens) => {
  const pairs = [
    ['luna', 'luna-soft'],
    ['ok', 'luna-soft'],
    ['text', 'luna-soft'],
    ['muted', 'luna-soft'],
    ['danger', 'danger-soft'],
    ['warn', 'warn-soft'],
    ['info', 'info-soft'],
    ['plum', 'plum-soft'],
    ['on-luna', 'luna'],
  ] as const;
  for (const [text, ground] of pairs) {
    expect(contrast(tokens, text, ground), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
  }
});

test.each(THEMES)('%s: lines of charts stand out', (_name, tokens) => {
  for (const color of [
    'luna-fill',
    'plum-fill',
    'chart-dns',
    'chart-tls',
    'chart-alert',
    'chart-anomaly',
  ]) {
    expect(contrast(tokens, color, 'surface'), color).toBeGreaterThanOrEqual(3);
  }
});
