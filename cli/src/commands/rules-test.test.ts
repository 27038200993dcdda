/** `netmoth rules test` and `rules profile` as a person runs them, on captures made here. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { conversation, type Segment } from '../testing/packets.ts';
import { runNetmoth } from '../testing/run-netmoth.ts';
import { differences, expectationOf } from './expectation.ts';

let dir: string;
let rules: string;
let capture: string;
const request = (path: string): Segment => ({
  from: 'client',
  text: `GET ${path} HTTP/1.1\r\nHost: example.org\r\n\r\n`,
});
const RESPONSE: Segment = { from: 'server', text: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' };

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'netmoth-rules-test-'));
  rules = join(dir, 'x.rules');
  capture = join(dir, 'x.pcap');
  writeFileSync(
    rules,
    [
      'alert http any any -> any any (msg:"Admin"; http.uri; content:"/admin"; sid:7;)',
      'alert http any any -> any any (msg:"Never"; http.uri; content:"/never"; sid:8;)',
      'alert tcp any any -> any any (msg:"Always tested"; pcre:"/no such text/"; sid:9;)',
    ].join('\n'),
  );
  writeFileSync(
    capture,
    conversation(80, [request('/admin/a'), RESPONSE, request('/admin/b'), RESPONSE]),
  );
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const run = (...args: string[]) => runNetmoth(['rules', 'test', rules, capture, ...args]);

test.each([
  [['sid=7,count=2']],
  [['sid=7']],
  [['sid=7,count=1-3', 'sid=8,count=0']],
  [['sid=7,gid=1,count=2+,dest_port=80,http.hostname=example.org']],
  [['sid=7,count=1,http.url=/admin/a', 'sid=7,count=1,http.url=/admin/b']],
])('%j is met', async (expected) => {
  const ended = await run(...expected.flatMap((one) => ['--expect', one]));
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  expect(ended.stdout).toBe('passed: 3 rules, 14 packets, 2 alerts\n');
});

test.each([
  ['7', 0],
  ['1:7', 0],
  ['2:7', 2],
  ['8', 2],
  ['7,track=by_src,ip=10.0.0.1', 0],
  ['7,track=by_src,ip=10.0.0.2', 2],
  ['7,track=by_dst,ip=[192.0.2.0/24,10.0.0.2]', 0],
  ['7,track=by_either,ip=[10.0.0.0/8,!10.0.0.0/30]', 2],
  ['7,track=by_either,ip=$HOME_NET', 0],
])('--suppress %s leaves %i alerts', async (suppressed, alerts) => {
  const ended = await run('--suppress', suppressed, '--expect', `sid=7,count=${alerts}`);
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  expect(ended.stdout).toBe(`passed: 3 rules, 14 packets, ${alerts} alerts\n`);
});

test.each([
  ['seven', /--suppress seven: expected SID\[,track=/],
  ['7,track=by_src', /expected SID/],
  ['7,track=by_src,ip=10.0.0.300', /10\.0\.0\.300/],
  ['7,track=by_src,ip=$NOWHERE', /NOWHERE/],
])('--suppress %s is refused', async (suppressed, told) => {
  const ended = await run('--suppress', suppressed, '--expect', 'none');
  expect(ended).toMatchObject({ status: 64, stdout: '' });
  expect(ended.stderr).toMatch(told);
});

test('differences are told one by one, exit 1', async () => {
  const ended = await run('--expect', 'sid=7,count=1', '--expect', 'sid=8');
  expect(ended.status).toBe(1);
  expect(ended.stdout).toBe(
    [
      '  expected  sid=7,count=1\n  got       2 alerts\n\n',
      '  expected  sid=8\n  got       0 alerts\n\n',
      'failed: 3 rules, 14 packets, 2 alerts\n',
    ].join(''),
  );
  const none = await run('--expect', 'none', '--json');
  expect(none.status).toBe(1);
  expect(JSON.parse(none.stdout)).toEqual({
    passed: false,
    alerts: 2,
    differences: [{ expected: 'no alert of 1:7 Admin', found: '2 alerts' }],
    unsoundRules: 0,
  });
});

test('fields that differ are counted apart', () => {
  const expected = expectationOf('sid=1,src_ip=192.0.2.1');
  const alert = { src_ip: '192.0.2.9', alert: { gid: 1, signature_id: 1 } };
  expect(expected && differences([expected], [alert, alert])).toEqual([
    { expected: 'sid=1,src_ip=192.0.2.1', found: '0 alerts (and 2 alerts with other fields)' },
  ]);
});

test('a rule with a fault fails the test, whatever came', async () => {
  const broken = join(dir, 'broken.rules');
  writeFileSync(broken, 'alert http any any -> any any (msg:"x"; nosuchword; sid:1;)\n');
  const ended = await runNetmoth(['rules', 'test', broken, capture, '--expect', 'none']);
  expect(ended.status).toBe(1);
  expect(ended.stderr).toContain('RULE_KEYWORD_UNKNOWN');
  expect(ended.stdout).toContain('1 faults keep rules from being tested\nfailed');
});

test.each(['', 'sid=x', 'sid=1,count=3-1', 'sid=1,sid=2', 'count=1', 'sid=1,count=x'])(
  '--expect %j is a fault of the command line',
  async (text) => {
    expect((await run('--expect', text)).status).toBe(64);
  },
);

test('nothing expected, or none beside others: 64; no capture: 2', async () => {
  expect((await run()).status).toBe(64);
  expect((await run('--expect', 'none', '--expect', 'sid=1')).status).toBe(64);
  const missing = ['rules', 'test', rules, join(dir, 'absent.pcap'), '--expect', 'none'];
  expect((await runNetmoth(missing)).status).toBe(2);
});

test('the profile has the rules that were tested, the dearest first', async () => {
  const args = ['rules', 'profile', capture, '--rules', rules];
  const { status, stdout } = await runNetmoth([...args, '--json']);
  expect(status).toBe(0);
  const told = JSON.parse(stdout);
  expect(told).toMatchObject({ packets: 14, rulesLoaded: 3, rulesTested: 2 });
  const admin = told.rules.find(({ sid }: { sid: number }) => sid === 7);
  expect(admin).toMatchObject({ checks: 2, matches: 2, prefilter: '"/admin" in http.uri' });
  const always = told.rules.find(({ sid }: { sid: number }) => sid === 9);
  expect(always).toMatchObject({ matches: 0, prefilter: '', origin: 'x.rules:3' });
  expect(always.checks).toBeGreaterThan(0);
  expect(told.rules[0].ticks).toBeGreaterThanOrEqual(told.rules[1].ticks);
  expect(told.rules[1].ticks).toBeGreaterThan(0);
  const shares = told.rules.map(({ share }: { share: number }) => share);
  expect(shares[0] + shares[1]).toBeCloseTo(1, 9);
  const table = await runNetmoth([...args, '--limit', '1']);
  expect(table.stdout.split('\n')).toHaveLength(4);
  expect((await runNetmoth([...args, '--limit', '0'])).status).toBe(64);
});
