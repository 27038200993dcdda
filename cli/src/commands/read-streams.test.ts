/** Rules on streams: what lies over the border of two looks is found, once, wherever segments and looks end. */
import { expect, test } from 'vitest';
import { alertsOf } from '../testing/alerts-of.ts';
import { conversation, openConversations, type Segment } from '../testing/packets.ts';
import { recut } from '../testing/recut.ts';

/** Octets that are looked at together: three segments, each acknowledged. */
const LOOK = 3000;
const NEEDLE = 'needle in the hay';
const RULES = [
  `content:"${NEEDLE}"; sid:1;`,
  'content:"needle"; content:"hay"; distance:8; within:3; sid:2;',
  'content:"hay"; content:"needle"; sid:3;',
  'pcre:"/n[e]{2}dle in .{3} hay/"; sid:4;',
  'content:"needle"; isdataat:11,relative; sid:5;',
  'content:"NEEDLE"; nocase; byte_test:1,=,0x20,0,relative; sid:6;',
];
const NEVER = [
  'content:"needle"; content:"hay"; distance:9; sid:101;',
  'pcre:"/^[.]{210,256}needle/"; sid:103;',
];
const rulesOf = (options: readonly string[]) =>
  options
    .map((each) => `alert tcp any any -> any any (msg:"x"; flow:to_server; ${each})`)
    .join('\n');

/** `text` at `at` of a stream of `octets`, in segments of 1,000. */
function streamWith(text: string, at: number, octets: number): Segment[] {
  const whole = '.'.repeat(at) + text + '.'.repeat(octets - at - text.length);
  const segments: Segment[] = [];
  for (let from = 0; from < octets; from += 1000) {
    segments.push({ from: 'client', text: whole.slice(from, from + 1000) });
  }
  return segments;
}

test('a pattern at each place of the border of two looks', async () => {
  for (let at = LOOK - NEEDLE.length - 2; at <= LOOK + 2; at += 1) {
    const capture = conversation(9, streamWith(NEEDLE, at, 2 * LOOK));
    const { ids, faults } = await alertsOf(rulesOf([...RULES, ...NEVER]), capture);
    expect(faults).toEqual([]);
    expect([at, ...[...ids].sort()]).toEqual([at, 1, 2, 3, 4, 5, 6]);
  }
}, 60_000);

test('what does not match in the whole does not match over a border', async () => {
  for (const at of [LOOK - 1, LOOK - 6, LOOK - 9, LOOK + 200]) {
    const { ids } = await alertsOf(
      rulesOf(NEVER),
      conversation(9, streamWith(NEEDLE, at, 2 * LOOK)),
    );
    expect([at, ...ids]).toEqual([at]);
  }
});

test('a segment for each octet', async () => {
  const whole = conversation(9, streamWith(NEEDLE, LOOK - 5, 2 * LOOK));
  const cut = recut(whole, 1)?.capture ?? Buffer.alloc(0);
  const [one, other] = [await alertsOf(rulesOf(RULES), whole), await alertsOf(rulesOf(RULES), cut)];
  expect([...other.ids].sort()).toEqual([...one.ids].sort());
});

test('what has matched is not told again by the look behind it', async () => {
  const segments = streamWith(NEEDLE, LOOK - 100, 3 * LOOK);
  const { ids } = await alertsOf(rulesOf(RULES), conversation(9, segments));
  expect([...ids].sort()).toEqual([1, 2, 3, 4, 5, 6]);
});

test('without memory looks come early, and find the same', async () => {
  const ports = Array.from({ length: 600 }, (_, i) => 20_000 + i);
  const capture = openConversations(9, ports, streamWith(NEEDLE, 995, 2000));
  const engine = { ruleStreamMiB: 1, statsIntervalSeconds: 3600 };
  const rule = rulesOf([`content:"${NEEDLE}"; sid:1;`]);
  const { ids, stats } = await alertsOf(rule, capture, {}, engine);
  expect(ids).toHaveLength(ports.length);
  const { stream_bytes_early: early, stream_memuse: held } = stats['detect'] as {
    stream_bytes_early: number;
    stream_memuse: number;
  };
  expect(early).toBeGreaterThan(0);
  expect(held).toBeLessThanOrEqual(1024 ** 2);
});
