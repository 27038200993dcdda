/** `netmoth rules check` as a person runs it: output, JSON, exit statuses. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runNetmoth } from '../testing/run-netmoth.ts';

let dir: string;
let good: string;
let bad: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'netmoth-rules-'));
  good = join(dir, 'good.rules.gz');
  bad = join(dir, 'bad.rules');
  writeFileSync(good, gzipSync('alert tcp $MINE any -> any 80 (msg:"a"; sid:1;)\n'));
  writeFileSync(bad, '# two rules\nalert tcp any any -> any any (msg:"b"; sidd:2;)\n');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('without a fault: exit 0; a variable is given by --var', async () => {
  const ended = await runNetmoth(['rules', 'check', good, '--var', 'MINE=10.0.0.0/8']);
  expect(ended).toMatchObject({ status: 0, stdout: '1 loaded, 0 failed, 0 disabled\n' });
});

test('with faults: each with its place, the rest loads, exit 1', async () => {
  const ended = await runNetmoth(['rules', 'check', bad, good, '--var', 'MINE=any']);
  expect(ended.status).toBe(1);
  const lines = ended.stdout.split('\n');
  expect(lines[0]).toBe(
    `${bad}:2:40 RULE_KEYWORD_UNKNOWN unknown keyword "sidd", did you mean "sid"?`,
  );
  expect(lines).toContain('1 loaded, 1 failed, 0 disabled');
  const json = await runNetmoth(['rules', 'check', bad, '--json']);
  expect(json.status).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    loaded: 0,
    failed: 1,
    faults: [{ file: bad, line: 2, column: 40, code: 'RULE_KEYWORD_UNKNOWN' }, {}],
  });
});

test('a file that is missing: 66; a broken --var: 64; help says that nothing is matched', async () => {
  const missing = await runNetmoth(['rules', 'check', join(dir, 'none.rules')]);
  expect(missing.status).toBe(66);
  expect(missing.stderr).toMatch(/none\.rules.*\[NM_NOT_FOUND\]/);
  expect((await runNetmoth(['rules', 'check', bad, '--var', 'x'])).status).toBe(64);
  const help = await runNetmoth(['rules', 'check', '--help']);
  expect(help.stdout.replace(/\s+/g, ' ')).toMatch(/nothing is matched/);
});
