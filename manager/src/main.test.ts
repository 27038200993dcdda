import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNats, type TestNats } from '#testkit/nats.ts';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { runManager } from './main.ts';
import { StorePool } from './store/pool.ts';

let nats: TestNats;
let postgres: TestPostgres;
beforeAll(async () => {
  [nats, postgres] = await Promise.all([startTestNats(), startTestPostgres()]);
});
afterAll(async () => {
  await nats.stop();
  await postgres.stop();
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  // Listening on TCP, so it has an address of that kind.
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

function argvOf(port: number, database: string): string[] {
  return [
    '--listen',
    `127.0.0.1:${port}`,
    '--store',
    database,
    '--nats',
    nats.url,
    '--log-level',
    'silent',
  ];
}

async function answers(url: string): Promise<void> {
  while (
    !(await fetch(url).then(
      (response) => response.ok,
      () => false,
    ))
  ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('runManager', () => {
  it('starts on an empty database, answers its probes, and ends when told', async () => {
    const port = await freePort();
    const database = await postgres.createDatabase();
    const stopping = new AbortController();
    const argv = argvOf(port, database);
    const running = runManager(argv, { signal: stopping.signal });
    await answers(`http://127.0.0.1:${port}/healthz`);
    const pool = new StorePool({ url: database });
    const { rows } = await pool.query('SELECT count(*) > 0 AS ready FROM partitions');
    expect(rows).toEqual([{ ready: true }]);
    stopping.abort();
    expect(await running).toBe(0);
    await pool.end();
  });

  it('says which address is taken', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    const argv = argvOf(port, await postgres.createDatabase());
    await expect(runManager(argv)).rejects.toMatchObject({
      code: 'NM_PORT_IN_USE',
      message: `127.0.0.1:${port} is not free: another program listens there; choose another with --listen HOST:PORT`,
    });
    other.close();
  });

  it('leaves a database of a newer version alone', async () => {
    const database = await postgres.createDatabase();
    const pool = new StorePool({ url: database });
    await pool.query(
      'CREATE TABLE schema_version (version int, name text, applied_at timestamptz)',
    );
    await pool.query("INSERT INTO schema_version VALUES (999, 'later', now())");
    const argv = argvOf(await freePort(), database);
    await expect(runManager(argv)).rejects.toMatchObject({ code: 'NM_STORE_NEWER' });
    const { rows } = await pool.query("SELECT to_regclass('flows') AS flows");
    expect(rows).toEqual([{ flows: null }]);
    await pool.end();
  });

  it('refuses a GeoIP file that is none, and a wrong password at once', async () => {
    const argv = argvOf(await freePort(), await postgres.createDatabase());
    await expect(runManager([...argv, '--geoip', import.meta.filename])).rejects.toMatchObject({
      code: 'NM_CONFIG_INVALID',
    });
    const url = new URL(postgres.url());
    url.password = 'guess';
    const wrong = argvOf(await freePort(), url.href);
    await expect(runManager(wrong)).rejects.toMatchObject({
      code: 'NM_STORE_UNAVAILABLE',
      retryable: false,
    });
  });
});
