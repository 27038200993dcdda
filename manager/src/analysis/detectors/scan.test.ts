// Golden cases of the scan detector: what is one, and what only looks like it.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Finding } from '../finding.ts';
import { flowEvent } from '../simulation/events.ts';
import { LocalAnalysis } from '../simulation/local-analysis.ts';
import { Random } from '../simulation/random.ts';

const kStartMs = Date.UTC(2026, 9, 7, 10);
const kHourMs = 3_600_000;
const src = '10.0.0.7';

interface Try {
  readonly dest: string;
  readonly port: number;
  readonly how: 'syn' | 'reset' | 'probe' | 'data';
  readonly atMs?: number;
  readonly domain?: string;
}

function scansOf(tries: readonly Try[]): Finding[] {
  const analysis = new LocalAnalysis();
  const hours = Map.groupBy(tries, ({ atMs = 0 }) => Math.floor(atMs / kHourMs));
  for (const [, some] of [...hours].sort(([a], [b]) => a - b)) {
    for (const { atMs = 0, ...each } of some)
      analysis.add(flowEvent({ src, startMs: kStartMs + atMs, ...each }));
    analysis.judge();
  }
  return analysis.findings.filter(({ kind }) => kind.startsWith('scan'));
}

const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

test('many ports of one address, refused: vertical', () => {
  const found = scansOf(
    many(50, (index) => ({ dest: '192.0.2.9', port: 1 + index, how: 'reset' as const })),
  );
  expect(found).toMatchObject([
    { kind: 'scan_vertical', about: '192.0.2.9', subject: src, peer: '192.0.2.9' },
  ]);
  expect(found[0]?.summary).toBe('10.0.0.7 tried 50 TCP ports of 192.0.2.9 in 1 s; 0 answered');
  expect(found[0]?.score).toBe(80);
});

test('one port of many addresses, some of which answer and are told nothing: horizontal', () => {
  const tries = many(60, (index) => ({
    ...{ dest: `10.0.4.${index}`, port: 445 },
    how: index % 5 === 0 ? ('probe' as const) : ('syn' as const),
  }));
  expect(scansOf(tries)).toMatchObject([
    { kind: 'scan_horizontal', port: 445, about: 'TCP 445 in' },
  ]);
});

test.each([
  ['addresses', (index: number) => ({ dest: `10.0.${index}.9`, port: 22 })],
  ['ports', (index: number) => ({ dest: '10.0.4.9', port: 100 + index })],
])('one try in half an hour, over a day: slow, by %s', (_what, target) => {
  const found = scansOf(
    many(48, (index) => ({ ...target(index), how: 'syn' as const, atMs: index * 1_800_000 })),
  );
  expect(found).toMatchObject([{ kind: 'scan_slow' }]);
});

test('a crawl is no scan: most sites answer, however many', () => {
  const random = new Random(Date.now());
  const tries = many(400, (index) => ({
    ...{ dest: `93.1.${index >> 8}.${index & 255}`, port: 443, domain: `site${index}.com` },
    how: random.chance(0.2) ? ('syn' as const) : ('data' as const),
  }));
  expect(scansOf(tries)).toEqual([]);
});

test('a server of DNS is no scan: it asks everybody, and many are silent', () => {
  const analysis = new LocalAnalysis();
  for (let index = 0; index < 300; index++) {
    analysis.add(
      flowEvent({
        ...{ src, dest: `198.18.${index >> 8}.${index & 255}`, port: 53, proto: 'UDP' },
        ...{ startMs: kStartMs + index, how: index % 2 === 0 ? 'syn' : 'data' },
      }),
    );
  }
  analysis.judge();
  expect(analysis.findings).toEqual([]);
});

test('the same dead service tried again and again is no scan', () => {
  expect(
    scansOf(many(300, () => ({ dest: '192.0.2.9', port: 8_080, how: 'syn' as const }))),
  ).toEqual([]);
});

test('a client of many services of one server is no scan', () => {
  const tries = many(80, (index) => ({
    dest: '10.0.0.9',
    port: 1_000 + index,
    how: 'data' as const,
  }));
  expect(scansOf(tries)).toEqual([]);
});

test('slow tries among much that is answered at the same port are no scan', () => {
  const tries = many(200, (index) => ({
    ...{ dest: `93.2.${index >> 8}.${index & 255}`, port: 443, atMs: index * 600_000 },
    how: index % 6 === 0 ? ('syn' as const) : ('data' as const),
  }));
  expect(scansOf(tries)).toEqual([]);
});

test("nmap's scan of a capture is told, with its figures", () => {
  // EVE flows of nDPI's synscan.pcap (nmap, 2010), as `netmoth read` writes them; every tenth of 1,994.
  const file = new URL('../simulation/synscan.ndjson', import.meta.url);
  const analysis = new LocalAnalysis();
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) analysis.add(JSON.parse(line));
  analysis.judge();
  expect(analysis.findings).toMatchObject([
    { kind: 'scan_vertical', subject: '172.16.0.8', about: '64.13.134.52', proto: 'TCP' },
  ]);
});
