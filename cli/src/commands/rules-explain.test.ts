/** `netmoth rules explain` as a person runs it, on rule files and on the bundle made of them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runNetmoth } from '../testing/run-netmoth.ts';

let dir: string;
let file: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'netmoth-explain-'));
  file = join(dir, 'x.rules');
  writeFileSync(
    file,
    'drop http 10.0.0.0/8 any -> any [80,8080] (msg:"Old admin"; flow:established; http.uri; to_lowercase; content:"/adm"; startswith; content:!"x|00|"; within:9; http.method; content:"POST"; flowbits:isset,a; flowbits:set,b; urilen:>5; threshold:type limit,track by_src,count 1,seconds 60; sid:7; rev:3;)\nalert udp any any -> any 53 (msg:"short"; dsize:<5; sid:8;)\n',
  );
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const EXPLAINED = `1:7 revision 3, drop (read as alert): Old admin
  at x.rules:1
  no class, priority 3
  for http over tcp from 10.0.0.0-10.255.255.255 port any to anywhere port 80, 8080
  in what clients send, established
  only if flowbits: isset a
  http.uri after to_lowercase has
    - "/adm", from byte 0, within the first 4 bytes of it
    - no "x|00|", within 9 bytes of the match before
  http.method has "POST"
  http.uri has a size of 6 or more bytes
  then
    - flowbits: set b
    - limit: 1 in 60 seconds, by_src
  looked at where "/adm" is in http.uri
  in group buffer http to_server http.uri: 1 patterns, 0 rules without one
  cost about 1
`;

test('from rule files and from their bundle: the same words', async () => {
  const ended = await runNetmoth(['rules', 'explain', '7', file]);
  expect(ended).toMatchObject({ status: 0, stdout: EXPLAINED.replace('x.rules', file) });
  const bundle = join(dir, 'x.bundle');
  await runNetmoth(['rules', 'compile', file, '-o', bundle]);
  expect((await runNetmoth(['rules', 'explain', '1:7', bundle])).stdout).toBe(EXPLAINED);
  const short = await runNetmoth(['rules', 'explain', '8', bundle]);
  expect(short.stdout).toContain('tests dsize: 4 or less');
  expect(short.stdout).toContain('looked at always');
  writeFileSync(bundle, readFileSync(bundle).subarray(0, 999));
  const broken = await runNetmoth(['rules', 'explain', '7', bundle]);
  expect(broken).toMatchObject({ status: 66 });
  expect(broken.stderr).toContain('BUNDLE_TRUNCATED');
});

test('no such rule: 66; no number: 64', async () => {
  expect((await runNetmoth(['rules', 'explain', '9', file])).status).toBe(66);
  expect((await runNetmoth(['rules', 'explain', 'x', file])).status).toBe(64);
});
