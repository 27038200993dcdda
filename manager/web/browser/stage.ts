// Everything a browser test needs, real: nats-server, PostgreSQL, the manager as its own process with
// the built dashboard, and Chromium. Invariant: what is started here ends with dispose(); a test works on a
// page that has collected every complaint of the browser since it was opened.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { startTestNats, type TestNats } from '#testkit/nats.ts';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';

const WEB = join(import.meta.dirname, '..');
const MANAGER = join(WEB, '../src/main.ts');
const ARTEFACTS = join(WEB, '../../artefacts/dashboard');
export const PASSWORD = 'moth to the lamp';
export const DESKTOP = { width: 1440, height: 900 } as const;
export const PHONE = { width: 360, height: 780 } as const;

const CHROMIUM_ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Longer than vitest's own second: the machine may be busy, and a page that never gets there fails anyway. */
export const eventually = <Value>(read: () => Value | Promise<Value>) =>
  expect.poll(read, { timeout: 45_000 });

export interface Manager {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export interface Stage {
  readonly url: string;
  readonly nats: NatsConnection;
  readonly natsServer: TestNats;
  readonly postgres: TestPostgres;
  readonly browser: BrowserContext;
  readonly page: Page;
  /** What the browser complained about since it was last asked: console errors, exceptions. */
  readonly complaints: () => readonly string[];
  /** A screenshot for people to look at, in artefacts/dashboard. */
  readonly picture: (name: string) => Promise<void>;
  readonly logIn: () => Promise<void>;
  readonly dispose: () => Promise<void>;
}

interface ManagerOptions {
  readonly storeUrl: string;
  readonly natsUrl: string;
  readonly webRoot: string;
  /** Rows of the configuration, as `key=value`. */
  readonly settings: readonly string[];
}

async function startManager(options: ManagerOptions): Promise<Manager> {
  const { storeUrl, natsUrl, webRoot, settings } = options;
  const child: ChildProcess = spawn(
    process.execPath,
    [
      MANAGER,
      '--listen',
      '127.0.0.1:0',
      '--store',
      storeUrl,
      '--nats',
      natsUrl,
      '--set',
      `http.webRoot=${webRoot}`,
      '--set',
      'signatures.owner=manager',
      // Nothing here is delivered twice, so an hour is finished at once.
      '--set',
      'analysis.holdbackSeconds=1',
      ...settings.flatMap((setting) => ['--set', setting]),
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NETMOTH_MANAGER_ADMIN_PASSWORD: PASSWORD },
    },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  const started = new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the manager ended with ${code}`)));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as { msg?: string; url?: string };
      if (entry.msg === 'manager started' && entry.url !== undefined) resolve(entry.url);
    });
  });
  return { url: await started, stop };
}

/** As `npx vite build manager/web` does it, into a folder of its own. */
export async function buildDashboard(outDir: string): Promise<void> {
  const vite = join(WEB, '../../node_modules/vite/bin/vite.js');
  const args = [vite, 'build', WEB, '--outDir', outDir, '--logLevel', 'warn'];
  // A test run sets NODE_ENV, which would make this a development build of React.
  const env = { ...process.env, NODE_ENV: 'production' };
  await promisify(execFile)(process.execPath, args, { env });
}

export async function startStage(settings: readonly string[] = []): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'netmoth-browser-'));
  const webRoot = join(directory, 'dist');
  mkdirSync(ARTEFACTS, { recursive: true });
  const [natsServer, postgres] = await Promise.all([
    startTestNats(),
    startTestPostgres(),
    buildDashboard(webRoot),
  ]);
  const storeUrl = await postgres.createDatabase();
  const manager = await startManager({ storeUrl, natsUrl: natsServer.url, webRoot, settings });
  const nats = await connect({ servers: natsServer.url });
  const browser = await chromium.launchPersistentContext(join(directory, 'profile'), {
    executablePath: '/usr/bin/chromium',
    args: CHROMIUM_ARGS,
    viewport: DESKTOP,
    acceptDownloads: true,
  });
  await browser.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: manager.url });
  const page = browser.pages()[0] ?? (await browser.newPage());
  page.setDefaultTimeout(45_000);
  const complaints = collectComplaints(page);
  return {
    url: manager.url,
    nats,
    natsServer,
    postgres,
    browser,
    page,
    complaints: () => complaints.splice(0),
    picture: async (name) => void (await page.screenshot({ path: join(ARTEFACTS, `${name}.png`) })),
    logIn: async () => {
      await page.goto(manager.url);
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    },
    dispose: async () => {
      await browser.close();
      await nats.close();
      await manager.stop();
      await Promise.all([natsServer.stop(), postgres.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function collectComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    // Asking who is logged in before anybody is answers 401; the browser reports that by itself.
    const asked = message.location().url.endsWith('/api/v1/session');
    if (asked && message.text().includes('401')) return;
    complaints.push(`${message.type()}: ${message.text()}`);
  });
  return complaints;
}
