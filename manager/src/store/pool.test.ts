import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { isTransient, StorePool } from './pool.ts';
import { hostsOf } from './store-url.ts';

/** A server that is in recovery and takes reads only, until it is promoted. */
async function startStandby(): Promise<TestPostgres> {
  const server = await startTestPostgres();
  await server.pause();
  writeFileSync(join(server.dataDir, 'standby.signal'), '');
  await server.start();
  return server;
}

const urlOf = (servers: readonly TestPostgres[]): string => {
  const hosts = servers.map((server) => `127.0.0.1:${server.port}`).join(',');
  return `postgres://netmoth:netmoth-test@${hosts}/postgres`;
};

const portQuery = 'SELECT inet_server_port() AS port';

describe('StorePool', () => {
  it('goes to the primary among several hosts and finds the next one when it dies', async () => {
    await using standby = await startStandby();
    await using primary = await startTestPostgres();
    let failovers = 0;
    const pool = new StorePool({
      url: urlOf([standby, primary]),
      onFailover: () => {
        failovers += 1;
      },
    });
    expect((await pool.query(portQuery)).rows).toEqual([{ port: primary.port }]);

    await primary.kill();
    // Nobody is primary now: a fault that may pass, told as such.
    const fault = await untilThrown(() => pool.query(portQuery));
    expect(isTransient(fault)).toBe(true);

    const direct = new StorePool({ url: primary.url() });
    await expect(direct.query('SELECT 1')).rejects.toMatchObject({
      code: 'NM_STORE_UNAVAILABLE',
      retryable: true,
    });
    await direct.end();
    await promote(standby);

    const rows = await untilAnswered(() => pool.query(portQuery));
    expect(rows).toEqual([{ port: standby.port }]);
    expect(failovers).toBe(1);
    await pool.end();
  });

  it('recovers by itself when its only server was killed and came back', async () => {
    await using server = await startTestPostgres();
    const pool = new StorePool({ url: server.url() });
    await pool.query('CREATE TABLE kept (n int)');
    const broken = pool.withTransaction(async (client) => {
      await client.query('INSERT INTO kept VALUES (1)');
      await server.kill();
      await client.query('INSERT INTO kept VALUES (2)');
    });
    const fault = await broken.catch((error: unknown) => error);
    expect(isTransient(fault)).toBe(true);
    await server.start();
    expect(await untilAnswered(() => pool.query('SELECT * FROM kept'))).toEqual([]);
    await pool.end();
  });

  it('keeps the pool and the rows apart from a statement that is wrong', async () => {
    await using server = await startTestPostgres();
    let failovers = 0;
    const pool = new StorePool({
      url: server.url(),
      onFailover: () => {
        failovers += 1;
      },
    });
    const fault = await pool.query('SELECT * FROM nowhere').catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: '42P01' });
    expect(isTransient(fault)).toBe(false);
    const rolledBack = pool.withTransaction(async (client) => {
      await client.query('CREATE TABLE taken_back (n int)');
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    const { rows } = await pool.query("SELECT to_regclass('taken_back') AS found");
    expect(rows).toEqual([{ found: null }]);
    expect(failovers).toBe(0);
    await pool.end();
    await expect(pool.query('SELECT 1')).rejects.toMatchObject({ code: 'NM_STORE_UNAVAILABLE' });
  });

  it('gives times with microseconds in UTC, and counts as numbers', async () => {
    await using server = await startTestPostgres();
    const pool = new StorePool({ url: server.url() });
    const { rows } = await pool.query(
      `SELECT '2026-11-20 15:32:15.12+01'::timestamptz AS time, 9007199254740991::int8 AS big,
         sum(n)::numeric AS total, '2026-11-20'::date AS day FROM generate_series(1, 3) AS n`,
    );
    expect(rows).toEqual([
      { time: '2026-11-20T14:32:15.120000Z', big: 9007199254740991, total: 6, day: '2026-11-20' },
    ]);
    await pool.end();
  });
});

describe('hostsOf', () => {
  it('makes one address per host, IPv6 and parameters included', () => {
    const hosts = hostsOf('postgres://u:p%40ss@db1:5433,[::1],db3:1/netmoth?sslmode=require');
    expect(hosts.map((host) => host.connectionString)).toEqual([
      'postgres://u:p%40ss@db1:5433/netmoth?sslmode=require',
      'postgres://u:p%40ss@[::1]/netmoth?sslmode=require',
      'postgres://u:p%40ss@db3:1/netmoth?sslmode=require',
    ]);
  });

  it('refuses what is no address, without telling it', () => {
    expect(() => hostsOf('mysql://u:secret@h/d')).toThrow(
      expect.objectContaining({
        code: 'NM_CONFIG_INVALID',
        message: expect.not.stringContaining('secret'),
      }),
    );
  });
});

async function promote(server: TestPostgres): Promise<void> {
  const client = new StorePool({ url: server.url() });
  // A standby is no primary, so the pool refuses it: promote by file, as pg_ctl does.
  await expect(client.query('SELECT 1')).rejects.toMatchObject({ retryable: true });
  await client.end();
  writeFileSync(join(server.dataDir, 'promote'), '');
  process.kill(server.pid(), 'SIGUSR1');
}

async function untilAnswered(ask: () => Promise<{ rows: unknown[] }>): Promise<unknown[]> {
  for (;;) {
    try {
      return (await ask()).rows;
    } catch (error) {
      if (!isTransient(error)) throw error;
      await sleep(50);
    }
  }
}

async function untilThrown(work: () => Promise<unknown>): Promise<unknown> {
  for (;;) {
    try {
      await work();
    } catch (error) {
      return error;
    }
  }
}
