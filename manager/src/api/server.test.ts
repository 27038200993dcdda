// The server as a whole: its routes are the contract's, its headers keep browsers safe, its errors
// have one form, and the dashboard's files come as they should.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { API_PREFIX, errorBodySchema } from '#contracts/rest.ts';
import { ROUTES } from '#contracts/routes.ts';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { type TemporaryDirectory, temporaryDirectory } from '#testkit/temporary.ts';
import { type ApiBed, startApiBed } from './testing/api-bed.ts';

const SCRIPT = `console.log(${JSON.stringify('moth '.repeat(1_000))});\n`;
const PAGE = '<!doctype html><div id="root"></div>';

let postgres: TestPostgres;
let bed: ApiBed;
let web: TemporaryDirectory;

beforeAll(async () => {
  web = temporaryDirectory('netmoth-web');
  mkdirSync(join(web.path, 'dist/assets'), { recursive: true });
  writeFileSync(join(web.path, 'dist/index.html'), PAGE);
  writeFileSync(join(web.path, 'dist/moth.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  writeFileSync(join(web.path, 'dist/assets/index-abc123.js'), SCRIPT);
  writeFileSync(join(web.path, 'secret.txt'), 'not for the web');
  symlinkSync('/etc/passwd', join(web.path, 'dist/passwd'));
  postgres = await startTestPostgres();
  bed = await startApiBed({
    storeUrl: await postgres.createDatabase(),
    config: { webRoot: join(web.path, 'dist') },
  });
});
afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
  await postgres?.stop();
  web?.remove();
});

/** What the server's router knows, as `METHOD /path/{parameter}`. */
function registered(app: FastifyInstance): string[] {
  const found: string[] = [];
  const stack: { depth: number; text: string }[] = [];
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', text = '', methods = ''] =
      /^([│├└─\s]*)(\S.*?) \(([A-Z, ]+)\)$/.exec(line) ?? [];
    if (text === '') continue;
    const depth = indent.length;
    while (stack.length > 0 && (stack.at(-1)?.depth ?? 0) >= depth) stack.pop();
    stack.push({ depth, text });
    const path = stack
      .map((each) => each.text)
      .join('')
      .replace(/:(\w+)/g, '{$1}');
    found.push(...methods.split(', ').map((method) => `${method} ${path}`));
  }
  return found;
}

describe('routes', () => {
  test('those of the contract and no others', () => {
    const wanted = ROUTES.map((route) => `${route.method} ${route.path}`);
    expect(registered(bed.app).sort()).toEqual(wanted.sort());
  });

  test('the document served is the one generated', async () => {
    const document = (await bed.get('/openapi.json')) as { paths: Record<string, object> };
    const told = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(told.sort()).toEqual(registered(bed.app).sort());
  });
});

describe('errors', () => {
  const json = { 'content-type': 'application/json' };
  const cases: [string, string, RequestInit, number, string][] = [
    ['unknown path', '/api/v1/nothing', {}, 404, 'NM_NOT_FOUND'],
    ['unknown path outside', '/api', {}, 404, 'NM_NOT_FOUND'],
    ['wrong method', '/api/v1/flows', { method: 'DELETE' }, 404, 'NM_NOT_FOUND'],
    ['page asked with POST', '/', { method: 'POST' }, 404, 'NM_NOT_FOUND'],
    ['missing asset', '/assets/gone.js', {}, 404, 'NM_NOT_FOUND'],
    [
      'broken JSON',
      '/api/v1/session',
      { method: 'POST', headers: json, body: '{"user"' },
      400,
      'NM_QUERY_INVALID',
    ],
    [
      'wrong body',
      '/api/v1/session',
      { method: 'POST', headers: json, body: '{"user":1}' },
      400,
      'NM_QUERY_INVALID',
    ],
    [
      'unknown key',
      '/api/v1/session',
      { method: 'POST', headers: json, body: '{"user":"a","password":"b","x":1}' },
      400,
      'NM_QUERY_INVALID',
    ],
    [
      'NUL in body',
      '/api/v1/session',
      { method: 'POST', headers: json, body: '{"user":"a\\u0000","password":"b"}' },
      400,
      'NM_QUERY_INVALID',
    ],
    ['no body', '/api/v1/session', { method: 'POST' }, 400, 'NM_QUERY_INVALID'],
    [
      'wrong media type',
      '/api/v1/session',
      { method: 'POST', headers: { 'content-type': 'text/xml' }, body: '<a/>' },
      415,
      'NM_QUERY_INVALID',
    ],
    [
      'too large',
      '/api/v1/session',
      { method: 'POST', headers: json, body: `"${'x'.repeat(70_000)}"` },
      413,
      'NM_QUERY_INVALID',
    ],
    ['bad escape', '/api/v1/devices/%zz', {}, 400, 'NM_QUERY_INVALID'],
  ];
  for (const [name, path, init, status, code] of cases) {
    test(`${name}: ${status} ${code}`, async () => {
      const response = await bed.fetch(path, init);
      const text = await response.text();
      const { error } = errorBodySchema.strict().parse(JSON.parse(text));
      expect([response.status, error.code]).toEqual([status, code]);
      expect(text).not.toMatch(/\bat .*\.[jt]s:\d+|node_modules/);
      expect(response.headers.get('cache-control')).toBe('no-store');
    });
  }

  test('a fault of our own tells its request id and nothing else; the log tells all', async () => {
    await bed.pool.query('ALTER VIEW all_anomalies RENAME TO hidden');
    try {
      const cookie = await bed.logIn();
      const response = await bed.fetch('/api/v1/anomalies', { headers: { cookie } });
      const { error } = errorBodySchema.strict().parse(await response.json());
      const id = response.headers.get('x-request-id') ?? '';
      expect([response.status, error.code, id.length > 0]).toEqual([500, 'NM_INTERNAL', true]);
      expect(error.message).toContain(id);
      expect(error.message).not.toContain('anomalies');
      const logged = bed.log.find(
        (line) => line['msg'] === 'request failed' && line['reqId'] === id,
      );
      expect(JSON.stringify(logged)).toContain('relation \\"all_anomalies\\" does not exist');
    } finally {
      await bed.pool.query('ALTER VIEW hidden RENAME TO all_anomalies');
    }
  });

  test('each request to the API is one line in the log, with what the answer told as its id', async () => {
    const cookie = await bed.logIn();
    const response = await bed.fetch('/api/v1/flows?limit=1', { headers: { cookie } });
    const id = response.headers.get('x-request-id');
    await vi.waitFor(() => expect(bed.log.filter((line) => line['reqId'] === id)).toHaveLength(1));
    expect(bed.log.find((line) => line['reqId'] === id)).toMatchObject({
      msg: 'request',
      method: 'GET',
      url: '/api/v1/flows?limit=1',
      status: 200,
      user: 'admin',
    });
  });

  test('bytes that are no HTTP get an answer and no more', async () => {
    const { hostname, port } = new URL(bed.url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.write('\x16\x03\x01 nonsense\r\n\r\n');
    const { promise, resolve } = Promise.withResolvers<string>();
    let text = '';
    socket.on('data', (data) => {
      text += String(data);
    });
    socket.on('close', () => resolve(text));
    expect(await promise).toContain('400 Bad Request');
  });
});

describe('static files', () => {
  test('index for the root and for every address of the page', async () => {
    for (const path of ['/', '/index.html', '/flows', '/flows/', '/devices?last=1h']) {
      const response = await bed.fetch(path);
      const type = response.headers.get('content-type');
      expect([path, response.status, type]).toEqual([path, 200, 'text/html; charset=utf-8']);
      expect(await response.text()).toBe(PAGE);
      expect(response.headers.get('cache-control')).toBe('no-cache');
    }
  });

  test('an address of the page may hold dots, as IP addresses do', async () => {
    const response = await bed.fetch('/devices/192.168.1.50?last=1h', {
      headers: { accept: 'text/html,application/xhtml+xml' },
    });
    expect([response.status, await response.text()]).toEqual([200, PAGE]);
  });

  test('assets: immutable, compressed as asked, checked by etag', async () => {
    const path = '/assets/index-abc123.js';
    const plain = await bed.fetch(path, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect([plain.headers.get('content-encoding'), await plain.text()]).toEqual([null, SCRIPT]);
    for (const [accepted, encoding, decode] of [
      ['gzip, deflate, br', 'br', brotliDecompressSync],
      ['gzip;q=0.5', 'gzip', gunzipSync],
      ['br;q=0, gzip', 'gzip', gunzipSync],
    ] as const) {
      const { headers, body } = await raw(path, { 'accept-encoding': accepted });
      expect([accepted, headers]).toEqual([
        accepted,
        expect.stringContaining(`content-encoding: ${encoding}`),
      ]);
      expect(decode(body).toString()).toBe(SCRIPT);
      expect(headers).toContain('vary: accept-encoding');
    }
    const etag = plain.headers.get('etag') ?? '';
    const again = await bed.fetch(path, { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  test('a rebuilt file is served anew', async () => {
    const file = join(web.path, 'dist/index.html');
    writeFileSync(file, `${PAGE}<!-- 2 -->`);
    expect(await (await bed.fetch('/')).text()).toBe(`${PAGE}<!-- 2 -->`);
    writeFileSync(file, PAGE);
  });

  test('nothing outside the folder, whatever the path', async () => {
    for (const path of [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/../../secret.txt',
      '/passwd',
      '/.%00',
      '/%ff',
    ]) {
      const { status, body } = await raw(path, {});
      expect([
        path,
        body.toString().includes('not for'),
        body.toString().includes('root:'),
      ]).toEqual([path, false, false]);
      expect([path, [200, 400, 404].includes(status)]).toEqual([path, true]);
    }
  });
});

interface RawAnswer {
  readonly status: number;
  readonly headers: string;
  readonly body: Buffer;
}

/** Without fetch, which tidies paths and unpacks bodies. */
async function raw(
  path: string,
  headers: Record<string, string>,
  url = bed.url,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  const lines = Object.entries({ host: 'x', connection: 'close', ...headers });
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`);
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece as Buffer);
  const answer = Buffer.concat(pieces);
  const end = answer.indexOf('\r\n\r\n');
  const head = answer.subarray(0, end).toString();
  return { status: Number(head.split(' ')[1]), headers: head, body: answer.subarray(end + 4) };
}

describe('limits', () => {
  const LIMIT = 4;
  const SPELLINGS = [
    '/api/v1/flows',
    '/%61pi/v1/flows',
    '/api/%761/flows?last=1h',
    'http://any/api/v1/flows',
  ];

  test('requests count by the route that answers, however its address is written', async () => {
    await using strict = await startApiBed({
      storeUrl: await postgres.createDatabase(),
      config: { requestsPerMinute: LIMIT, webRoot: join(web.path, 'dist') },
    });
    for (const path of SPELLINGS) {
      const { status, headers } = await raw(path, {}, strict.url);
      expect([path, status]).toEqual([path, 401]);
      expect(headers).toContain('cache-control: no-store');
    }
    for (const path of SPELLINGS) {
      const { status, headers } = await raw(path, {}, strict.url);
      expect([path, status]).toEqual([path, 429]);
      expect(headers).toMatch(/^retry-after: \d+$/m);
    }
    expect((await strict.fetch('/')).status).toBe(200);
    expect((await strict.fetch('/healthz')).status).toBe(200);
  });

  test('files and unknown paths have a wider limit of their own; probes have none', async () => {
    await using strict = await startApiBed({
      storeUrl: await postgres.createDatabase(),
      config: { requestsPerMinute: LIMIT, webRoot: join(web.path, 'dist') },
    });
    const paths = ['/', '/moth.svg', '/flows', '/api/v1/nothing'];
    for (let i = 0; i < 5 * LIMIT; i++) {
      const path = paths[i % paths.length] ?? '/';
      expect((await strict.fetch(path)).status).toBe(path.startsWith('/api') ? 404 : 200);
    }
    for (const path of paths) expect((await strict.fetch(path)).status).toBe(429);
    for (let i = 0; i <= 5 * LIMIT; i++) expect((await strict.fetch('/healthz')).status).toBe(200);
    expect((await strict.fetch('/api/v1/flows')).status).toBe(401);
  });
});

describe('headers', () => {
  test('every answer forbids inline scripts, frames, sniffing and leaks of addresses', async () => {
    for (const path of [
      '/',
      '/assets/index-abc123.js',
      '/healthz',
      `${API_PREFIX}/flows`,
      '/api/x',
    ]) {
      const { headers } = await bed.fetch(path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('strict-transport-security')).toBeNull();
    }
  });

  test('behind HTTPS the cookie is Secure and browsers are told to stay there', async () => {
    const secure = await startApiBed({
      storeUrl: await postgres.createDatabase(),
      config: { cookieSecure: true },
    });
    await using _ = secure;
    const login = await secure.fetch('/api/v1/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user: 'admin', password: 'moth to the lamp' }),
    });
    expect(login.headers.getSetCookie().join()).toContain('; Secure');
    expect(login.headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect((await secure.fetch('/')).status).toBe(404);
  });
});
