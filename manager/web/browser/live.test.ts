// The live log in real Chromium: events go over the real bus and show at once; pause, filter, and what is
// left out is counted.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { LIVE_BUFFER_EVENTS } from '#contracts/live.ts';
import { publishEvents } from './bus-writer.ts';
import { eveTraffic, SIGNATURE, SITE } from './eve-traffic.ts';
import { eventually, type Stage, startStage } from './stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
  await stage.logIn();
}, 180_000);
afterAll(() => stage?.dispose());
beforeEach(() => {
  stage.complaints();
});

const search = () => new URL(stage.page.url()).searchParams;

test('the live log shows events as they are stored, filtered, paused and resumed', async () => {
  const { page, url, nats } = stage;
  const lines = page.locator('[data-live-line]');
  await page.goto(`${url}/live`);
  await page.getByRole('status').getByText('live', { exact: true }).waitFor();
  const newest = eveTraffic(Date.now()).filter((_, index) => index < 30);
  await publishEvents(nats, newest);
  await lines.filter({ hasText: SITE.name }).first().waitFor();
  await page.getByText(`${newest.length} received`).waitFor();
  await stage.picture('live-log-running');
  await lines.first().getByRole('button').click();
  await page.getByRole('button', { name: 'Copy event' }).waitFor();

  await page.getByRole('button', { name: 'alert', exact: true }).click();
  await eventually(() => search().get('types')).toBe('alert');
  await eventually(() => lines.filter({ hasText: SITE.name }).count()).toBe(0);
  await lines.filter({ hasText: SIGNATURE }).first().waitFor();
  await page.getByRole('button', { name: 'alert', exact: true }).click();

  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('status').getByText('paused').waitFor();
  await publishEvents(nats, newest);
  // It is stored, and yet nothing moves; it comes once the log goes on.
  await page.getByText(`${newest.length} received`).waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText(`${newest.length * 2} received`).waitFor();
  expect(stage.complaints()).toEqual([]);
});

test('events that a paused log has no room for are counted and said', async () => {
  const { page, url, nats } = stage;
  await page.goto(`${url}/live`);
  await page.getByRole('status').getByText('live', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('status').getByText('paused').waitFor();
  const events = eveTraffic(Date.now());
  const rounds = Math.ceil((2 * LIVE_BUFFER_EVENTS) / events.length) + 1;
  for (let round = 0; round < rounds; round += 1) await publishEvents(nats, events);
  // The store has them all, so the live feed has read more than it may keep for us.
  const stored = () =>
    page.evaluate(async () => {
      const answer = await fetch('/api/v1/stats/events?last=1h');
      return ((await answer.json()) as { total: number }).total;
    });
  await eventually(stored).toBeGreaterThan(rounds * events.length);
  await page.getByRole('button', { name: 'Resume' }).click();
  const said = async () => {
    const foot = (await page.locator('.live-foot').textContent()) ?? '';
    const [received = 0, , dropped = 0] = [...foot.matchAll(/\d[\d,]*/g)].map(([text]) =>
      Number(text.replaceAll(',', '')),
    );
    return { dropped, total: received + dropped };
  };
  await eventually(async () => (await said()).total).toBe(rounds * events.length);
  expect((await said()).dropped).toBeGreaterThan(0);
});
