/** `netmoth up` in a process of its own, with a person who is logged in, for tests alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, vi } from 'vitest';
import { pageOf, SESSION_COOKIE } from '#contracts/rest.ts';
import { hitRowSchema, signatureOverviewSchema } from '#contracts/rest-signatures.ts';
import { freePort } from '../processes/readiness.ts';
import { PROGRAM, SAMPLE } from './run-netmoth.ts';

const START_MS = 110_000;

export interface StartOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  readonly timeoutMs?: number;
}

export class RunningUp {
  readonly #api: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = '';
  #cookie = '';

  private constructor(listen: string, args: readonly string[], env: Readonly<NodeJS.ProcessEnv>) {
    this.#api = `http://${listen}/api/v1`;
    const child = spawn(process.execPath, [PROGRAM, 'up', '--listen', listen, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.#child = child;
    this.#exited = once(child, 'close');
  }

  /** Replays the sample at a quarter of its pace, so that packets come for two minutes. */
  static async start(dataDir: string, options: StartOptions = {}): Promise<RunningUp> {
    const { args = [], env = {}, timeoutMs = START_MS } = options;
    const listen = `127.0.0.1:${await freePort()}`;
    const replay = ['--data-dir', dataDir, '--pcap', SAMPLE, '--speed', '0.25'];
    const up = new RunningUp(listen, [...replay, ...args], env);
    const isThere = () => up.output.includes('Ctrl-C') || up.#child.exitCode !== null;
    const waited = vi.waitUntil(isThere, { timeout: timeoutMs, interval: 200 });
    await waited.catch(() => up.stop());
    if (up.#child.exitCode !== null) throw new Error(up.output);
    return up;
  }

  get output(): string {
    return this.#output;
  }

  /** As who is told at the first start; the cookie, which counts after another one too. */
  async logIn(): Promise<string> {
    const password = /password (\S+)/.exec(this.#output)?.[1];
    const response = await this.ask('POST', '/session', { user: 'admin', password });
    const cookies = response.headers.getSetCookie();
    const found = cookies.find((one) => one.startsWith(SESSION_COOKIE)) ?? '';
    this.goOnAs(found.split(';')[0] ?? '');
    return this.#cookie;
  }

  goOnAs(cookie: string): void {
    this.#cookie = cookie;
  }

  get api(): string {
    return this.#api;
  }

  get headers(): Record<string, string> {
    return { cookie: this.#cookie, 'sec-fetch-site': 'same-origin' };
  }

  ask(method: string, path: string, body?: object): Promise<Response> {
    const raw = body instanceof Uint8Array;
    return fetch(`${this.#api}${path}`, {
      method,
      headers: {
        ...this.headers,
        ...(body && { 'content-type': raw ? 'application/octet-stream' : 'application/json' }),
      },
      ...(body && { body: raw ? new Uint8Array(body) : JSON.stringify(body) }),
    });
  }

  async sensors() {
    const overview = await this.ask('GET', '/signatures');
    return signatureOverviewSchema.parse(await overview.json()).sensors;
  }

  /** Once the sensor matches with this version of a set. */
  async loaded(set: string, version: number): Promise<void> {
    await expect
      .poll(() => this.sensors(), { timeout: 45_000 })
      .toMatchObject([{ signatures: { state: 'active' }, known: { set, version } }]);
  }

  /** Alerts by signature. */
  async alerts(): Promise<ReadonlyMap<number, number>> {
    const page = await this.ask('GET', '/signatures/hits?last=1d');
    const { items } = pageOf(hitRowSchema).parse(await page.json());
    return new Map(items.map((hit) => [hit.signature_id, hit.alerts]));
  }

  async alertsOf(sid: number): Promise<number> {
    return (await this.alerts()).get(sid) ?? 0;
  }

  /** More alerts of a signature than there are now. */
  async firesOn(sid: number): Promise<void> {
    const before = await this.alertsOf(sid);
    await expect.poll(() => this.alertsOf(sid), { timeout: 60_000 }).toBeGreaterThan(before);
  }

  /** Most memory that a part ever took; `word`: the end of an argument of its. */
  peakBytes(word: string): number {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        const ours = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]) === this.#child.pid;
        if (!ours || !command.some((each) => each.endsWith(word))) continue;
        return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]);
      } catch {
        // Gone while we looked.
      }
    }
    throw new Error(`no part ${word}`);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGINT');
    await this.#exited;
  }
}
