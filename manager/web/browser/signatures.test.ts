// Sets of signatures from the first rule to the version that sensors are told to load, in real Chromium
// against the real manager: what is written is compiled, what is wrong is named, what is changed counts.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessibilityFaults, overflowPx } from './accessibility.ts';
import { keepReporting, NODE } from './bus-writer.ts';
import { DESKTOP, eventually, PHONE, type Stage, startStage } from './stage.ts';

const RULES = [
  'alert http any any -> any any (msg:"Admin page asked for"; http.uri; content:"/admin"; sid:1000001; rev:1;)',
  'alert tls any any -> any any (msg:"Odd server name"; tls.sni; content:"odd.example"; sid:1000002; rev:4;)',
  '#alert dns any any -> any any (msg:"Commented out"; dns.query; content:"rare"; sid:1000003; rev:1;)',
  'alert tcp any any -> any any (msg:"Broken"; nosuchword; sid:1000004;)',
].join('\n');

let stage: Stage;
let reporting: Disposable;

beforeAll(async () => {
  stage = await startStage();
  reporting = await keepReporting(stage.nats);
  await stage.logIn();
}, 180_000);
afterAll(async () => {
  reporting?.[Symbol.dispose]();
  await stage?.dispose();
});

/** Nothing overflows, nobody is shut out, the browser has no complaint. */
async function isSound(picture: string): Promise<void> {
  const { page } = stage;
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  await stage.picture(picture);
  expect(await overflowPx(page)).toBeLessThanOrEqual(0);
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(stage.complaints()).toEqual([]);
}

test('a set is made, a file written, and compiled: its fault is named', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/signatures`);
  await page.getByLabel('New set').fill('local');
  await page.getByRole('button', { name: 'Create set' }).click();
  await page.getByRole('heading', { level: 1, name: 'local' }).waitFor();
  await page.getByLabel('File name').fill('local.rules');
  await page.getByLabel('Rules', { exact: true }).fill(RULES);
  await page.getByRole('button', { name: 'Save file' }).click();
  await page.getByRole('link', { name: 'local.rules' }).waitFor();
  await isSound('signature-files-desktop');
  await page.getByRole('button', { name: 'Compile version 1' }).click();
  await page.getByText('Version 1 has 2 rules, 1 does not load.').waitFor();
  await page.getByRole('button', { name: /^Faults/ }).click();
  await page.getByText('local.rules:4:').waitFor();
  await page.getByText('RULE_KEYWORD_UNKNOWN').waitFor();
  await isSound('signature-faults-desktop');
});

test('a rule is found, read, and disabled from the next version on', async () => {
  const { page } = stage;
  await page.getByRole('button', { name: 'Rules', exact: true }).click();
  await page.getByLabel('Find rules').fill('odd');
  await eventually(() => page.locator('tbody tr').count()).toBe(1);
  await page.getByRole('button', { name: '1000002' }).click();
  const panel = page.getByRole('dialog', { name: 'Rule 1000002' });
  await panel.getByText('tls.sni has "odd.example"').waitFor();
  expect(new URL(page.url()).searchParams.get('rule')).toBe('1:1000002');
  await isSound('signature-rule-desktop');
  await panel.getByLabel('This rule is').selectOption({ label: 'disabled' });
  await panel.getByRole('button', { name: 'Save change' }).click();
  await panel.getByText('Saved.').waitFor();
  await page.getByText('to be disabled').waitFor();
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });
  await page.getByLabel('Find rules').fill('');
  await eventually(() => page.locator('tbody tr').count()).toBe(3);
  await page.getByRole('button', { name: '1000003' }).click();
  const other = page.getByRole('dialog', { name: 'Rule 1000003' });
  await other.getByLabel('This rule is').selectOption({ label: 'enabled' });
  await other.getByLabel('Its rate is').selectOption({ label: 'at most so many alerts' });
  await other.getByLabel('Count', { exact: true }).fill('5');
  await other.getByLabel('Its alerts are').selectOption({ label: 'suppressed by source' });
  await other.getByLabel('Addresses', { exact: true }).fill('[10.0.0.0/8, !10.0.0.1]');
  await isSound('signature-suppress-desktop');
  await other.getByRole('button', { name: 'Save change' }).click();
  await other.getByText('Saved.').waitFor();
  await page.getByRole('button', { name: 'Compile version 2' }).click();
  await page.getByText('Version 2 has 2 rules').waitFor();
  await page.getByText('partly suppressed').waitFor();
  await page.getByLabel('State of rules').selectOption({ label: 'Disabled here' });
  await eventually(() => page.locator('tbody tr').allTextContents()).toEqual([
    expect.stringContaining('Odd server name'),
  ]);
});

test('a version is activated, an older one too, and sensors are told', async () => {
  const { page, url } = stage;
  await page.getByRole('button', { name: 'Activate version 2' }).click();
  await page.getByText('version 2 is active').waitFor();
  await page.getByRole('button', { name: /^Versions/ }).click();
  await page.getByRole('button', { name: 'Activate version 1' }).click();
  await page.getByText('version 1 is active').waitFor();
  await isSound('signature-versions-desktop');
  await page.getByRole('link', { name: 'All signatures' }).click();
  await page.getByText('Version 1 of').waitFor();
  await page.getByText(NODE).waitFor();
  await page.getByText('not the active version').waitFor();
  await isSound('signatures-sets-desktop');
  await page.setViewportSize(PHONE);
  await isSound('signatures-sets-phone');
  await page.goto(`${url}/signature?name=local`);
  await page.getByText('Admin page asked for').waitFor();
  await isSound('signature-rules-phone');
  await page.setViewportSize(DESKTOP);
  await page.goto(`${url}/signatures`);
  await page.getByRole('button', { name: 'Deactivate' }).click();
  await page.getByRole('button', { name: 'Stop matching' }).click();
  await page.getByText('Version 1 of').waitFor({ state: 'detached' });
  await page.getByText('not the active version').waitFor({ state: 'detached' });
});

test('what was done is told, and the set goes when it is told to', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/signature?name=local&tab=history`);
  await page.getByText('1:1000002 disabled').waitFor();
  await isSound('signature-history-desktop');
  await page.getByRole('button', { name: /^Files/ }).click();
  await page.getByRole('button', { name: 'Edit local.rules' }).click();
  await eventually(() => page.getByLabel('Rules', { exact: true }).inputValue()).toBe(RULES);
  await page.getByLabel('It is').selectOption({ label: 'an indicator list' });
  await page.getByLabel('Category').fill('botnet');
  await page.getByLabel('File name').fill('feed.txt');
  await page.getByLabel('Entries').fill('192.0.2.7\nevil.example\n');
  await isSound('signature-list-desktop');
  await page.getByRole('button', { name: 'Save file' }).click();
  await page.getByRole('link', { name: 'feed.txt' }).waitFor();
  await page.getByRole('button', { name: 'Compile version 3' }).click();
  await page.getByText('Version 3 has 2 rules, 2 entries of lists').waitFor();
  await page.getByLabel('NAME=VALUE, one a line').fill('HOME_NET=10.0.0.0/8');
  await page.getByRole('button', { name: 'Save variables' }).click();
  await page.getByText('changed since').waitFor();
  await page.getByRole('button', { name: /^Versions/ }).click();
  await page.getByRole('button', { name: 'Delete this set' }).click();
  await page.getByRole('button', { name: /^Delete “local”/ }).click();
  await page.getByText('No set of signatures yet').waitFor();
});

test('what cannot be is said: a name that is there, a set that is not', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/signatures`);
  await page.getByLabel('New set').fill('local');
  await page.getByRole('button', { name: 'Create set' }).click();
  await page.getByRole('heading', { level: 1, name: 'local' }).waitFor();
  await page.goto(`${url}/signatures`);
  await page.getByLabel('New set').fill('local');
  await page.getByRole('button', { name: 'Create set' }).click();
  await page.getByRole('alert').getByText('there is a set local already').waitFor();
  await page.goto(`${url}/signature?name=absent`);
  await page.getByText('there is no set absent').waitFor();
  // The browser says by itself that the manager refused.
  expect(stage.complaints().every((one) => /40[49]/.test(one))).toBe(true);
});
