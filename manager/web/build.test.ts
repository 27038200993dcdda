// The build keeps its promises: within budget, nothing inline, nothing from elsewhere, and the budget
// is a real gate.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Rolldown } from 'vite';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pageBudget } from './page-budget.ts';

const directory = mkdtempSync(join(tmpdir(), 'netmoth-build-'));
const configFile = join(import.meta.dirname, 'vite.config.ts');
const options = {
  root: import.meta.dirname,
  configFile,
  logLevel: 'silent',
  mode: 'production',
} as const;
let output: Rolldown.RolldownOutput;

beforeAll(async () => {
  output = (await build({ ...options, build: { outDir: directory } })) as Rolldown.RolldownOutput;
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('every page is a chunk of its own', () => {
  const entry = output.output.find((item) => item.type === 'chunk' && item.isEntry);
  expect(entry?.type === 'chunk' && entry.dynamicImports.length).toBeGreaterThanOrEqual(12);
});

test('a page over budget fails the build', async () => {
  const plugins = [pageBudget(50_000)];
  const failing = build({ ...options, plugins, build: { outDir: directory, write: true } });
  await expect(failing).rejects.toThrow(/over the budget of 50 kB/);
});

test('the validator stays out of the bundle', () => {
  const code = output.output.map((item) => (item.type === 'chunk' ? item.code : '')).join('');
  expect(code).not.toContain('ZodError');
});

test('the page has no inline script or style and names no other host', () => {
  const html = readFileSync(join(directory, 'index.html'), 'utf8');
  const scripts = [...html.matchAll(/<script([^>]*)>([^<]*)/g)];
  expect(scripts.length).toBeGreaterThan(0);
  for (const [, attributes, body] of scripts) {
    expect(attributes).toMatch(/src="\//);
    expect(body?.trim()).toBe('');
  }
  expect(html).not.toMatch(/style=|<style|\son\w+=|https?:/);
  const sheets = readdirSync(join(directory, 'assets')).filter((name) => name.endsWith('.css'));
  expect(sheets.length).toBeGreaterThan(0);
  for (const sheet of sheets) {
    expect(readFileSync(join(directory, 'assets', sheet), 'utf8')).not.toMatch(
      /url\(["']?(https?:|data:|\/\/)/,
    );
  }
});
