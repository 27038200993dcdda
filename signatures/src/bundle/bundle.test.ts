/** Bundles: written and read again the same, the same bytes for the same input, broken ones refused. */
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadRules } from '../check-rules.ts';
import { compile, sourceOf } from '../compile/compile.ts';
import { readThresholds } from '../compile/threshold-config.ts';
import { KEYWORD_NAMES } from '../keywords/table.ts';
import { IndicatorCollector, listSid } from '../lists/indicators.ts';
import { decodeBundle } from './bundle.ts';
import { BundleError } from './bundle-error.ts';
import { signed, verifySignature } from './signature.ts';

const RULES = `
alert tcp [10.0.0.0/8,!10.1.1.1] any <> !2001:db8::/32 [80,443] (msg:"a"; content:"x|00|y"; nocase; depth:9; pcre:"/a\\/b/Ri"; flowbits:isset,q; sid:1; metadata:a b;)
pass http any any -> any 80 (msg:"b"; http.uri; to_lowercase; xor:"ff"; content:"/adm"; http.header; content:!"é"; byte_extract:2,0,v,relative; byte_test:1,!&,v,-2,string,hex; sid:2;)
alert dns any any -> any any (msg:"c"; dns.query; content:"a"; dns.query; dataset:isset,d,type string,load x.lst; threshold:type limit,track by_src,count 1,seconds 9; tag:host,9,seconds,src; sid:3; priority:1;)
alert http2 any any -> any any (msg:"d"; http2.window:>5,nb>1,1:-1; flags:S,12; ttl:&0xc0=0x80; flowint:n,+,1; xbits:set,b,track ip_src,expire 5; sid:4;)
alert ip any any -> any any (msg:"e"; byte_math:bytes 1,offset 0,oper <<,rvalue 2,result r; isdataat:!r,relative; byte_jump:1,0,from_end,post_offset -1; base64_decode:bytes 4,relative; base64_data; content:"b"; sid:5;)
`;

function compiled(text = RULES) {
  const loaded = loadRules([{ name: 'x.rules', text }]);
  const collector = new IndicatorCollector();
  const meta = (category: string) =>
    collector.meta({
      sid: listSid('l', 'domain', category),
      list: 'l',
      source: 'l.txt',
      category,
      confidence: 50,
      severity: 2,
      expires: 0,
    });
  collector.add('domain', 'com.example.', meta('c2'));
  collector.add('domain', 'org.', meta('ads'));
  collector.add('ja3', 'x'.repeat(16), meta('c2'));
  const { entries } = readThresholds(
    't',
    'suppress gen_id 1, sig_id 2, track by_src, ip [1.2.3.4,!::1]',
  );
  const input = {
    sources: [sourceOf('x.rules', Buffer.from(text))],
    variables: { B: '2', A: '1' },
    loaded,
    thresholds: entries,
    indicators: collector.result(),
    datasetFiles: new Map([['x.rules\0x.lst', 'YQ==\n']]),
  };
  return compile(input);
}

/** Buffers compare unequal to Uint8Arrays of the same bytes. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) => {
      if (inner instanceof Uint8Array) return Buffer.from(inner).toString('hex');
      const json = inner as { type?: string; data?: number[] };
      const isBuffer = json?.type === 'Buffer' && Array.isArray(json.data);
      return isBuffer ? Buffer.from(json.data ?? []).toString('hex') : inner;
    }),
  );

test('what was written reads the same, in alert order', () => {
  const { bytes, digest, loaded } = compiled();
  expect(loaded.models).toHaveLength(5);
  const read = decodeBundle(bytes);
  expect(read.digest).toBe(digest);
  expect(read.signed).toBe(false);
  expect(read.rules.map(({ sid }) => sid)).toEqual([2, 1, 4, 3, 5]);
  const bySid = (sid: number) => loaded.models.find((rule) => rule.sid === sid);
  for (const rule of read.rules) expect(plain(rule)).toEqual(plain(bySid(rule.sid)));
  expect(read.thresholds).toMatchObject([
    { kind: 'suppress', sid: 2, addresses: { v4: [{ low: 0x01020304, high: 0x01020304 }] } },
  ]);
  expect(read.manifest).toMatchObject({
    variables: { A: '1', B: '2' },
    rules: { loaded: 5 },
    lists: { entries: { domain: 2, ja3: 1 } },
  });
  expect(read.indicators.tables.find(({ kind }) => kind === 'domain')?.keys).toEqual([
    'com.example.',
    'org.',
  ]);
  const inGroups = new Set(
    read.groups.flatMap((g) => [...g.unfiltered, ...g.patterns.flatMap(({ rules }) => rules)]),
  );
  expect([...inGroups].sort()).toEqual([0, 1, 2, 3, 4]);
});

test('the same input gives the same bytes, wherever and whenever', () => {
  const first = compiled().digest;
  const { TZ, LC_ALL } = process.env;
  process.env['TZ'] = 'Asia/Kathmandu';
  process.env['LC_ALL'] = 'tr_TR.UTF-8';
  expect(compiled().digest).toBe(first);
  Object.assign(process.env, { TZ: TZ ?? '', LC_ALL: LC_ALL ?? '' });
  expect(compiled(`${RULES}\n`).digest).not.toBe(first);
  const given = (names: readonly string[]) => {
    const files = names.map((name) => ({ name, text: RULES.replaceAll('sid:', `sid:${name}`) }));
    const variables = Object.fromEntries(names.map((name) => [`V${name}`, name]));
    const sources = files.map(({ name, text }) => sourceOf(name, Buffer.from(text)));
    const loaded = loadRules(
      [...files].sort((a, b) => Number(a.name) - Number(b.name)),
      variables,
    );
    return compile({ sources, variables, loaded, thresholds: [] }).digest;
  };
  expect(given(['3', '1', '2'])).toBe(given(['1', '2', '3']));
});

test('any rule that loads survives its way through a bundle', () => {
  const argument = fc.constantFrom('', ':1', ':"a|00|b"', ':5-9', ':set,a', ':1,relative', ':a');
  const option = fc.tuple(fc.constantFrom(...KEYWORD_NAMES), argument).map((pair) => pair.join(''));
  const rule = fc.array(option, { maxLength: 4 });
  let kept = 0;
  fc.assert(
    fc.property(rule, (options) => {
      const text = `alert ip any any -> any any (msg:"m"; ${options.join('; ')}; sid:1;)`;
      const { loaded, bytes } = compiled(text);
      if (loaded.models.length === 0) return;
      kept += 1;
      expect(plain(decodeBundle(bytes).rules)).toEqual(plain(loaded.models));
    }),
    { numRuns: 1500 },
  );
  // How many load is chance: 59 were seen.
  expect(kept).toBeGreaterThan(30);
});

test('cut anywhere, or with one bit flipped anywhere: refused by a code, never taken', () => {
  const { bytes } = compiled();
  for (let length = 0; length < bytes.length; length += 7) {
    expect(() => decodeBundle(bytes.subarray(0, length))).toThrow(BundleError);
  }
  for (let at = 0; at < bytes.length; at += 3) {
    const altered = Buffer.from(bytes);
    altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
    expect(() => decodeBundle(altered)).toThrow(BundleError);
  }
  expect(() => decodeBundle(Buffer.from('no bundle at all'))).toThrow(/no netmoth bundle/);
});

test('a broken record behind a right digest ends in an error, not in a crash', async () => {
  const { sealed, openBundle } = await import('./container.ts');
  const { bytes } = compiled();
  const { sections } = openBundle(bytes);
  let refused = 0;
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 7 }), fc.nat(), fc.nat(255), (id, where, value) => {
      const broken = [...sections.values()].map((section) => {
        if (section.id !== id || section.bytes.length === 0) return section;
        const altered = Buffer.from(section.bytes);
        altered[where % altered.length] = value;
        return { ...section, bytes: altered };
      });
      try {
        decodeBundle(sealed(broken));
      } catch (error) {
        expect(error).toBeInstanceOf(BundleError);
        refused += 1;
      }
    }),
    { numRuns: 1000 },
  );
  expect(refused).toBeGreaterThan(100);
});

test('signatures: right, none, another key, altered; the digest stays', () => {
  const { bytes, digest } = compiled();
  const ours = generateKeyPairSync('ed25519');
  const theirs = generateKeyPairSync('ed25519');
  const whole = signed(bytes, ours.privateKey);
  expect(decodeBundle(whole)).toMatchObject({ digest, signed: true });
  verifySignature(whole, [theirs.publicKey, ours.publicKey]);
  const code = (file: Uint8Array, keys = [ours.publicKey]) => {
    try {
      verifySignature(file, keys);
      return 'taken';
    } catch (error) {
      return error instanceof BundleError ? error.code : String(error);
    }
  };
  expect(code(bytes)).toBe('BUNDLE_UNSIGNED');
  expect(code(whole, [theirs.publicKey])).toBe('BUNDLE_KEY');
  expect(code(whole.subarray(0, -1))).toBe('BUNDLE_SIGNATURE');
  const altered = Buffer.from(whole);
  altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
  expect(code(altered)).toBe('BUNDLE_SIGNATURE');
  expect(signed(signed(bytes, theirs.privateKey), ours.privateKey)).toEqual(whole);
});

test('a bundle of a newer format or for a newer engine says so', () => {
  const { bytes } = compiled();
  for (const [at, code] of [
    [8, 'BUNDLE_VERSION'],
    [10, 'BUNDLE_ENGINE'],
  ] as const) {
    const newer = Buffer.from(bytes);
    newer.writeUInt16LE(2, at);
    expect(() => decodeBundle(newer)).toThrow(expect.objectContaining({ code }));
  }
});

test('100,000 rules with a flowbit each compile and read again', () => {
  const rules = Array.from({ length: 100_000 }, (_, i) => {
    return `alert ip any any -> any any (msg:"m"; flowbits:set,b${i}; sid:${i + 1};)`;
  });
  const { loaded, bytes } = compiled(rules.join('\n'));
  expect(loaded.failed).toBe(0);
  const read = decodeBundle(bytes);
  expect(read.rules).toHaveLength(100_000);
  expect(read.rules.at(-1)?.effects[0]?.names).toEqual(['b99999']);
}, 60_000);
