// CSV and NDJSON exports over a real socket: content, safety, truncation, back-pressure.

import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dnsRowSchema, flowRowSchema } from '#contracts/rest.ts';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { csvCell, csvRecord } from './csv.ts';
import { Exporter } from './export-stream.ts';
import { type ApiBed, startApiBed } from './testing/api-bed.ts';
import { seed } from './testing/seed.ts';

const NOW_MS = Date.parse('2026-11-20T15:00:00Z');
const STORED_ON = new Date(NOW_MS);
const TIME = '2026-11-20T14:50:00.000000Z';
const MANY = 40_000;
/** Of the many rows' names; with it they are more than any socket buffer holds. */
const NAME_BYTES = 600;

let postgres: TestPostgres;
let bed: ApiBed;
let cookie: string;

beforeAll(async () => {
  postgres = await startTestPostgres({ settings: { log_statement: 'all' } });
  bed = await startApiBed({ storeUrl: await postgres.createDatabase(), nowMs: NOW_MS });
  cookie = await bed.logIn();
  await bed.pool.query(
    `INSERT INTO dns_queries (id, time, stored_on, sensor, node, type, rrname, answers)
     SELECT n, $1::timestamptz, $2::date, 'many', 'node1', 'answer', repeat('x', ${NAME_BYTES}) || n, '{}'
     FROM generate_series(1, ${MANY}) AS n`,
    [TIME, STORED_ON],
  );
});
afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
  await postgres?.stop();
});

interface Download {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly truncated: string | undefined;
}

function download(path: string): Promise<Download> {
  const { promise, resolve, reject } = Promise.withResolvers<Download>();
  request(`${bed.url}/api/v1${path}`, { headers: { cookie } }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (piece: string) => {
      text += piece;
    });
    response.on('error', reject);
    response.on('end', () => {
      const truncated = response.trailers['netmoth-truncated'];
      resolve({ status: response.statusCode, headers: response.headers, text, truncated });
    });
  })
    .on('error', reject)
    .end();
  return promise;
}

/** RFC 4180, read character by character. */
function readCsv(text: string): string[][] {
  const records: string[][] = [[]];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === ',' || char === '\r') {
      records.at(-1)?.push(cell);
      cell = '';
      if (char === '\r') {
        expect(text[++i]).toBe('\n');
        records.push([]);
      }
    } else cell += char;
  }
  expect([records.pop(), cell]).toEqual([[], '']);
  return records;
}

describe('content', () => {
  test('csv: header, quoting, lists, and nothing that a spreadsheet would run', async () => {
    const names = [
      '=1+1',
      '+1',
      '-1',
      '@SUM(A1)',
      '\ttab',
      'a,b',
      'say "moth"',
      'two\r\nlines',
      'ünï',
    ];
    for (const rrname of names) {
      const answers = ['10.0.0.1', '=cmd|calc'];
      await seed(
        bed.pool,
        'dns_queries',
        [{ time: TIME, sensor: 'csv', rrname, answers }],
        STORED_ON,
      );
    }
    const { status, headers, text, truncated } = await download('/dns?sensor=csv&format=csv');
    expect([status, truncated]).toEqual([200, 'false']);
    expect(headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    expect(headers['content-disposition']).toBe('attachment; filename="netmoth-dns.csv"');
    const [head, ...rows] = readCsv(text);
    expect(head).toEqual(Object.keys(dnsRowSchema.shape));
    const name = head?.indexOf('rrname') ?? -1;
    const safe = names.map((each) => (/^[=+\-@\t]/.test(each) ? `'${each}` : each));
    expect(rows.map((row) => row[name]).reverse()).toEqual(safe);
    expect(rows[0]?.at(-1)).toBe('10.0.0.1; =cmd|calc');
  });

  test('csv cells: numbers and booleans as they are, nothing for null', () => {
    expect(csvRecord([-5, 1.5, true, null, '', 'a', ['=x', 'y']])).toBe(
      "-5,1.5,true,,,a,'=x; y\r\n",
    );
    expect(csvCell('\r=x')).toBe('"\'\r=x"');
  });

  test('ndjson: a row a line, each as the schema says', async () => {
    await seed(bed.pool, 'flows', [{ time: TIME }, { time: TIME, src_ip: null }], STORED_ON);
    const { headers, text } = await download('/flows?format=ndjson');
    expect(headers['content-type']).toBe('application/x-ndjson');
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => flowRowSchema.strict().parse(JSON.parse(line)));
    expect(rows.map((row) => row.src_ip)).toEqual([null, '192.168.1.50']);
  });

  test('an empty csv has its header, an empty ndjson nothing', async () => {
    expect((await download('/tls?format=csv')).text.split('\r\n')).toHaveLength(2);
    expect((await download('/tls?format=ndjson')).text).toBe('');
  });

  test('devices are exported too; errors are still errors', async () => {
    await seed(bed.pool, 'devices', [{ ip: '10.0.0.9', last_seen: TIME }]);
    expect((await download('/devices?format=csv')).text).toContain('10.0.0.9,');
    expect((await download('/dns?format=csv&limit=0')).status).toBe(400);
  });
});

describe('size', () => {
  test('all rows up to limit, each once, newest first; a cut result says so', async () => {
    const idsOf = ({ text }: Download): number[] =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => Number(JSON.parse(line).id));
    const whole = await download(`/dns?sensor=many&format=ndjson&limit=${MANY}`);
    expect([idsOf(whole).length, whole.truncated]).toEqual([MANY, 'false']);
    expect(idsOf(whole)).toEqual(Array.from({ length: MANY }, (_, index) => MANY - index));
    for (const limit of [1, 999, 1000, 1001, 2500]) {
      const cut = await download(`/dns?sensor=many&format=ndjson&limit=${limit}`);
      expect([idsOf(cut).length, cut.truncated]).toEqual([limit, 'true']);
    }
  });

  test('a client that does not read stops the database, not the server', async () => {
    const before = fetches();
    const slow = await rawGet(`/dns?sensor=many&format=ndjson&limit=${MANY}`);
    const asked = (await settled(fetches)) - before;
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(MANY / 1_000 / 2);
    // Others are served meanwhile, and what the client left standing comes when it reads again.
    expect((await download('/flows?format=ndjson')).status).toBe(200);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    let rows = 0;
    let tail = '';
    slow.on('data', (piece) => {
      // Counted piece by piece: a name may be cut in two, and the whole is too long to search again.
      const text = tail + String(piece);
      rows += text.split('"rrname"').length - tail.split('"rrname"').length;
      tail = text.slice(-100);
      if (tail.endsWith('\r\n\r\n')) resolve();
    });
    slow.resume();
    await ended;
    expect(rows).toBe(MANY);
    slow.destroy();
  });

  test('a client that goes away gives its connection and its place back', async () => {
    for (let round = 0; round < 4; round++) {
      const sockets = [await rawGet(`/dns?sensor=many&format=csv&limit=${MANY}`)];
      sockets.push(await rawGet(`/dns?sensor=many&format=csv&limit=${MANY}`));
      for (const socket of sockets) socket.destroy();
      await until(async () => (await openCursors()) === 0);
    }
    expect((await download('/dns?sensor=many&format=csv&limit=5')).status).toBe(200);
  });

  test('a database that fails in the middle cuts the answer off, never ends it well', async () => {
    const slow = await rawGet(`/dns?sensor=many&format=csv&limit=${MANY}`);
    await settled(fetches);
    await postgres.kill();
    let tail = '';
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    slow.on('close', () => resolve());
    slow.on('error', () => undefined);
    slow.on('data', (piece) => {
      tail = `${tail}${String(piece)}`.slice(-100);
    });
    slow.resume();
    await closed;
    // A chunked answer that is whole ends with an empty chunk and the trailer.
    expect(tail).not.toMatch(/\r\n0\r\n/);
    await postgres.start();
    await until(async () => (await download('/dns?format=csv&limit=1')).status === 200);
  });

  test('a client that takes nothing for too long is cut off, and its cursor closed', async () => {
    const app = Fastify();
    const exporter = new Exporter(bed.pool, 50);
    app.get('/', (_request, reply) =>
      exporter.send(reply, {
        statement: { text: 'SELECT rrname FROM dns_queries', values: [] },
        limit: MANY,
        format: 'ndjson',
        columns: ['rrname'],
        name: 'stalled',
      }),
    );
    const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const socket = connect({ host: url.hostname, port: Number(url.port) });
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    socket.on('close', () => resolve());
    socket.on('error', () => undefined);
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await until(async () => postgres.lines.some((line) => line.includes('SELECT rrname FROM')));
    await until(async () => (await openCursors()) === 0);
    socket.resume();
    await closed;
    await app.close();
  });

  test('a fourth export at once is told to wait', async () => {
    const sockets = [];
    for (let i = 0; i < 3; i++)
      sockets.push(await rawGet(`/dns?sensor=many&format=csv&limit=${MANY}`));
    const refused = await download('/dns?sensor=many&format=csv');
    expect([refused.status, JSON.parse(refused.text).error.code]).toEqual([429, 'NM_RATE_LIMITED']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    for (const socket of sockets) socket.destroy();
    await until(async () => (await openCursors()) === 0);
  });
});

/** Sends the request, waits for the first bytes of the answer, then reads no more. */
async function rawGet(path: string): Promise<Socket> {
  const { hostname, port } = new URL(bed.url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write(`GET /api/v1${path} HTTP/1.1\r\nhost: x\r\ncookie: ${cookie}\r\n\r\n`);
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('readable', () => resolve());
  await promise;
  return socket;
}

/** How often PostgreSQL was asked for more rows so far, by its own log. */
function fetches(): number {
  return postgres.lines.filter((line) => line.includes('FETCH FORWARD')).length;
}

/** The value once it has stopped to grow. */
async function settled(value: () => number): Promise<number> {
  let before = -1;
  for (let now = value(); now !== before; now = value()) {
    before = now;
    await sleep(500);
  }
  return before;
}

/** Transactions of clients other than the one that asks. */
async function openCursors(): Promise<number> {
  const { rows } = await bed.pool.query<{ open: number }>(
    `SELECT count(*) AS open FROM pg_stat_activity WHERE xact_start IS NOT NULL
     AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  );
  return rows[0]?.open ?? 0;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(20);
}
