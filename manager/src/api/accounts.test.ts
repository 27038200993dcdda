// Login, sessions, tokens and who may do what, over real HTTP and a real PostgreSQL.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ErrorCode } from '#contracts/errors.ts';
import {
  errorBodySchema,
  SESSION_COOKIE,
  sessionSchema,
  tokenCreatedSchema,
  tokensSchema,
} from '#contracts/rest.ts';
import { ROUTES } from '#contracts/routes.ts';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { StorePool } from '../store/pool.ts';
import { MAX_FAILURES_PER_ADDRESS, MAX_FAILURES_PER_USER } from './auth/account-routes.ts';
import { ensureAdmin, ensureToken, SESSION_MS } from './auth/accounts.ts';
import { ADMIN_PASSWORD, type ApiBed, startApiBed } from './testing/api-bed.ts';

const NOW_MS = Date.parse('2026-11-20T15:00:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WINDOW_MS = 5 * 60_000;

let postgres: TestPostgres;
let bed: ApiBed;

let storeUrl: string;

beforeAll(async () => {
  postgres = await startTestPostgres();
  storeUrl = await postgres.createDatabase();
});
afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
  await postgres?.stop();
});
beforeEach(async () => {
  await bed?.[Symbol.asyncDispose]();
  await emptyAccounts();
  bed = await startApiBed({
    storeUrl,
    nowMs: NOW_MS,
    // The address of a client is what X-Forwarded-For says, so that a test can have many.
    config: { trustProxy: true },
  });
});

/** Accounts begin anew with each test; the rest of the database may stay. */
async function emptyAccounts(): Promise<void> {
  if (bed === undefined) return;
  const pool = new StorePool({ url: storeUrl });
  await pool.query('TRUNCATE users CASCADE');
  await pool.end();
}

type Headers = Record<string, string>;
const OWN_PAGE: Headers = { 'sec-fetch-site': 'same-origin' };

async function call(
  method: string,
  path: string,
  { headers = {}, body }: { headers?: Headers; body?: unknown } = {},
): Promise<{ status: number; body: unknown; headers: globalThis.Headers }> {
  const response = await bed.fetch(path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed: unknown = text === '' ? undefined : JSON.parse(text);
  if (response.status >= 400) errorBodySchema.strict().parse(parsed);
  return { status: response.status, body: parsed, headers: response.headers };
}

const codeOf = (body: unknown): ErrorCode => errorBodySchema.parse(body).error.code;
const logIn = (user: string, password: string, headers: Headers = {}) =>
  call('POST', '/api/v1/session', { headers, body: { user, password } });
const from = (address: string): Headers => ({ 'x-forwarded-for': address });

describe('sessions', () => {
  test('a login sets a cookie that scripts and other sites cannot use', async () => {
    const { status, body, headers } = await logIn('admin', ADMIN_PASSWORD);
    expect(status).toBe(200);
    expect(sessionSchema.strict().parse(body)).toEqual({
      user: 'admin',
      expiresAt: '2026-11-21T03:00:00.000000Z',
    });
    const cookie = headers.getSetCookie().join();
    expect(cookie).toMatch(
      new RegExp(
        `^${SESSION_COOKIE}=[\\w-]{43}; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict$`,
      ),
    );
    const { rows } = await bed.pool.query<{ all: string }>(
      'SELECT sessions::text AS all FROM sessions',
    );
    const secret = /=([\w-]{43});/.exec(cookie)?.[1] ?? '';
    expect([rows.length, secret.length, rows[0]?.all.includes(secret)]).toEqual([1, 43, false]);
  });

  test('wrong user and wrong password are answered alike', async () => {
    const answers = [await logIn('admin', 'wrong'), await logIn('nobody', ADMIN_PASSWORD)];
    for (const { status, body } of answers) {
      expect([status, codeOf(body)]).toEqual([401, 'NM_UNAUTHENTICATED']);
    }
    expect(answers[0]?.body).toEqual(answers[1]?.body);
  });

  test('a session slides: used, it lives on; unused for 12 h it is gone', async () => {
    const cookie = await bed.logIn();
    for (let hours = 0; hours < 30; hours += 11) {
      bed.advance(11 * HOUR_MS);
      const { status, headers } = await call('GET', '/api/v1/session', { headers: { cookie } });
      expect([status, headers.getSetCookie().length]).toEqual([200, 1]);
    }
    bed.advance(SESSION_MS);
    expect((await call('GET', '/api/v1/session', { headers: { cookie } })).status).toBe(401);
  });

  test('logging out ends the session itself, not only the cookie', async () => {
    const cookie = await bed.logIn();
    const out = await call('DELETE', '/api/v1/session', { headers: { cookie, ...OWN_PAGE } });
    expect([out.status, out.headers.getSetCookie().join()]).toEqual([
      204,
      expect.stringContaining(`${SESSION_COOKIE}=;`),
    ]);
    expect((await call('GET', '/api/v1/session', { headers: { cookie } })).status).toBe(401);
  });

  test('a changed password ends the other sessions and not this one', async () => {
    const [mine, other] = [await bed.logIn(), await bed.logIn()];
    const headers = { cookie: mine, ...OWN_PAGE };
    const change = (current: string, next: string) =>
      call('PUT', '/api/v1/session/password', { headers, body: { current, next } });
    const wrong = await change('not it', 'a new moth, brighter');
    expect([wrong.status, codeOf(wrong.body)]).toEqual([403, 'NM_FORBIDDEN']);
    expect((await change(ADMIN_PASSWORD, 'too short')).status).toBe(400);
    expect((await change(ADMIN_PASSWORD, 'a new moth, brighter')).status).toBe(204);
    expect((await call('GET', '/api/v1/session', { headers: { cookie: mine } })).status).toBe(200);
    expect((await call('GET', '/api/v1/session', { headers: { cookie: other } })).status).toBe(401);
    expect((await logIn('admin', ADMIN_PASSWORD)).status).toBe(401);
    expect((await logIn('admin', 'a new moth, brighter')).status).toBe(200);
  });

  test('ensureAdmin never changes a password that is there; one spelling of Unicode is as good as the other', async () => {
    expect(await ensureAdmin(bed.pool, { password: 'another one' })).toBe(false);
    expect((await logIn('admin', ADMIN_PASSWORD)).status).toBe(200);
    const { rows } = await bed.pool.query<{ password_hash: string }>(
      'SELECT password_hash FROM users',
    );
    expect(rows[0]?.password_hash).toMatch(/^scrypt\$32768\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    await bed.pool.query('DELETE FROM users');
    expect(await ensureAdmin(bed.pool, { password: 'caf\u00e9' })).toBe(true);
    expect((await logIn('admin', 'cafe\u0301')).status).toBe(200);
  });
});

describe('limits', () => {
  test('an address that guesses has to wait, others do not, and the right password does not help', async () => {
    for (let i = 0; i < MAX_FAILURES_PER_ADDRESS; i++) {
      expect((await logIn('admin', `guess ${i}`, from('10.0.0.1'))).status).toBe(401);
      bed.advance(1_000);
    }
    const refused = await logIn('admin', ADMIN_PASSWORD, from('10.0.0.1'));
    expect([refused.status, codeOf(refused.body)]).toEqual([429, 'NM_RATE_LIMITED']);
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBe((WINDOW_MS - MAX_FAILURES_PER_ADDRESS * 1_000) / 1_000);
    expect((await logIn('admin', ADMIN_PASSWORD, from('10.0.0.2'))).status).toBe(200);
    bed.advance(wait * 1_000);
    expect((await logIn('admin', ADMIN_PASSWORD, from('10.0.0.1'))).status).toBe(200);
  });

  test('the addresses of one IPv6 network are one guesser, the next network is not', async () => {
    for (let i = 0; i < MAX_FAILURES_PER_ADDRESS; i++) {
      const status = (await logIn('admin', 'guess', from(`2001:db8:0:1::${i}`))).status;
      expect(status).toBe(401);
    }
    const inside = await logIn('admin', ADMIN_PASSWORD, from('2001:db8:0:1:ffff::1'));
    expect(inside.status).toBe(429);
    expect((await logIn('admin', ADMIN_PASSWORD, from('2001:db8:0:2::1'))).status).toBe(200);
  });

  test('many addresses together guess a user no faster', async () => {
    const guesses = Array.from({ length: MAX_FAILURES_PER_USER }, (_, i) => from(`10.1.0.${i}`));
    for (const headers of guesses)
      expect((await logIn('admin', 'guess', headers)).status).toBe(401);
    expect((await logIn('admin', ADMIN_PASSWORD, from('10.2.0.1'))).status).toBe(429);
    expect((await logIn('other', 'guess', from('10.2.0.1'))).status).toBe(401);
  });

  test('tries at the same time do not outrun the limit', async () => {
    const tries = await Promise.all(
      Array.from({ length: 15 }, (_, i) => logIn('admin', `guess ${i}`, from('10.3.0.1'))),
    );
    const statuses = tries.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(MAX_FAILURES_PER_ADDRESS);
    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
  });

  test('an address that a client invents counts as nothing', async () => {
    for (let i = 0; i < MAX_FAILURES_PER_ADDRESS; i++) {
      // The proxy adds the true one at the end.
      const headers = from(`10.7.7.${i}, 10.5.0.1`);
      expect((await logIn('admin', 'guess', headers)).status).toBe(401);
    }
    expect((await logIn('admin', ADMIN_PASSWORD, from('10.8.8.8, 10.5.0.1'))).status).toBe(429);
  });

  test('a database that is away is not a wrong guess', async () => {
    await postgres.kill();
    for (let i = 0; i < MAX_FAILURES_PER_ADDRESS + 2; i++) {
      const { status, body } = await logIn('admin', ADMIN_PASSWORD, from('10.4.0.1'));
      expect([status, codeOf(body)]).toEqual([503, 'NM_STORE_UNAVAILABLE']);
    }
    await postgres.start();
    expect((await logIn('admin', ADMIN_PASSWORD, from('10.4.0.1'))).status).toBe(200);
  });

  test('requests per address and minute are bounded', async () => {
    await bed[Symbol.asyncDispose]();
    const config = { requestsPerMinute: 5 };
    bed = await startApiBed({ storeUrl, config });
    const statuses = [];
    for (let i = 0; i < 6; i++) statuses.push((await call('GET', '/api/v1/flows')).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    const limited = await call('GET', '/api/v1/flows');
    expect([codeOf(limited.body), Number(limited.headers.get('retry-after')) > 0]).toEqual([
      'NM_RATE_LIMITED',
      true,
    ]);
    expect((await call('GET', '/healthz')).status).toBe(200);
  });
});

describe('cross-site requests', () => {
  test('a cookie counts for an unsafe method only from the own page', async () => {
    const cookie = await bed.logIn();
    const origin = new URL(bed.url);
    const cases: [Headers, number][] = [
      [{}, 403],
      [{ origin: 'https://evil.example' }, 403],
      [{ origin: 'null' }, 403],
      [{ origin: `http://${origin.hostname}:1` }, 403],
      [{ 'sec-fetch-site': 'cross-site' }, 403],
      [{ 'sec-fetch-site': 'same-site' }, 403],
      [{ 'sec-fetch-site': 'none' }, 403],
      [{ 'sec-fetch-site': 'cross-site', origin: bed.url }, 403],
      [{ origin: bed.url }, 201],
      [{ 'sec-fetch-site': 'same-origin' }, 201],
    ];
    for (const [headers, wanted] of cases) {
      const made = await call('POST', '/api/v1/tokens', {
        headers: { cookie, ...headers },
        body: { name: 'x' },
      });
      expect([headers, made.status]).toEqual([headers, wanted]);
    }
    expect((await call('GET', '/api/v1/flows', { headers: { cookie } })).status).toBe(200);
  });

  test('other sites can neither log in nor out', async () => {
    const cookie = await bed.logIn();
    const evil = { origin: 'https://evil.example' };
    expect((await logIn('admin', ADMIN_PASSWORD, evil)).status).toBe(403);
    expect((await call('DELETE', '/api/v1/session', { headers: { cookie, ...evil } })).status).toBe(
      403,
    );
    expect((await call('GET', '/api/v1/session', { headers: { cookie } })).status).toBe(200);
  });
});

describe('API tokens', () => {
  async function makeToken(body: unknown = { name: 'grafana' }) {
    const headers = { cookie: await bed.logIn(), ...OWN_PAGE };
    const { body: made } = await call('POST', '/api/v1/tokens', { headers, body });
    return { headers, created: tokenCreatedSchema.strict().parse(made) };
  }
  const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });

  test('told once, stored as a hash, usable until revoked', async () => {
    const { headers, created } = await makeToken();
    expect(created).toMatchObject({ name: 'grafana', expiresAt: null, lastUsedAt: null });
    expect(created.token).toMatch(/^nm_[\w-]{43}$/);
    const { rows } = await bed.pool.query<{ all: string }>(
      'SELECT api_tokens::text AS all FROM api_tokens',
    );
    expect(rows[0]?.all).not.toContain(created.token);

    expect((await call('GET', '/api/v1/flows', { headers: bearer(created.token) })).status).toBe(
      200,
    );
    const { items } = tokensSchema
      .strict()
      .parse((await call('GET', '/api/v1/tokens', { headers })).body);
    const { token: _, ...told } = created;
    expect(items).toEqual([{ ...told, lastUsedAt: '2026-11-20T15:00:00.000000Z' }]);

    const path = `/api/v1/tokens/${created.id}`;
    expect((await call('DELETE', path, { headers })).status).toBe(204);
    expect((await call('DELETE', path, { headers })).status).toBe(404);
    expect((await call('DELETE', '/api/v1/tokens/nonsense', { headers })).status).toBe(400);
    expect((await call('GET', '/api/v1/flows', { headers: bearer(created.token) })).status).toBe(
      401,
    );
  });

  test('an expired or invented token is refused, and no cookie saves it', async () => {
    const { headers, created } = await makeToken({ name: 'short', expiresInDays: 1 });
    expect(created.expiresAt).toBe('2026-11-21T15:00:00.000000Z');
    bed.advance(DAY_MS - 1);
    expect((await call('GET', '/api/v1/dns', { headers: bearer(created.token) })).status).toBe(200);
    bed.advance(1);
    expect((await call('GET', '/api/v1/dns', { headers: bearer(created.token) })).status).toBe(401);
    const cookie = await bed.logIn();
    for (const authorization of [
      'Bearer nm_invented',
      'Basic YWRtaW46eA==',
      'Bearer',
      headers.cookie,
    ]) {
      const { status } = await call('GET', '/api/v1/dns', { headers: { cookie, authorization } });
      expect([authorization, status]).toEqual([authorization, 401]);
    }
  });

  test('a token may read, but neither make tokens nor change the password', async () => {
    const { created } = await makeToken();
    const headers = bearer(created.token);
    const refused = [
      await call('POST', '/api/v1/tokens', { headers, body: { name: 'more' } }),
      await call('GET', '/api/v1/tokens', { headers }),
      await call('DELETE', `/api/v1/tokens/${created.id}`, { headers }),
      await call('GET', '/api/v1/session', { headers }),
      await call('PUT', '/api/v1/session/password', {
        headers,
        body: { current: ADMIN_PASSWORD, next: 'a new moth, brighter' },
      }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
  });

  test('ensureToken replaces the token of its name, and only that', async () => {
    const { created } = await makeToken();
    await ensureToken(bed.pool, { name: 'cli', token: 'nm_first' });
    await ensureToken(bed.pool, { name: 'cli', token: 'nm_first' });
    expect((await call('GET', '/api/v1/dns', { headers: bearer('nm_first') })).status).toBe(200);
    await ensureToken(bed.pool, { name: 'cli', token: 'nm_second' });
    const statuses = [];
    for (const token of ['nm_first', 'nm_second', created.token]) {
      statuses.push((await call('GET', '/api/v1/dns', { headers: bearer(token) })).status);
    }
    expect(statuses).toEqual([401, 200, 200]);
    await expect(ensureToken(bed.pool, { name: 'cli', token: 'short' })).rejects.toThrow('nm_');
    await bed.pool.query('TRUNCATE users CASCADE');
    await expect(ensureToken(bed.pool, { name: 'cli', token: 'nm_x' })).rejects.toThrow('no user');
  });
});

describe('who is answered', () => {
  test('every route but the open ones wants an account', async () => {
    for (const route of ROUTES) {
      if (route.auth === 'none' || route.path === '/metrics') continue;
      const path = route.path.replace('{ip}', '10.0.0.1').replace('{id}', 'x');
      const { status, body, headers } = await call(route.method, path, OWN_PAGE);
      expect([route.operationId, status, codeOf(body)]).toEqual([
        route.operationId,
        401,
        'NM_UNAUTHENTICATED',
      ]);
      expect(headers.get('www-authenticate')).toContain('Bearer');
    }
  });

  test('no secret reaches the log', async () => {
    const cookie = await bed.logIn();
    const headers = { cookie, ...OWN_PAGE };
    const { body } = await call('POST', '/api/v1/tokens', { headers, body: { name: 'x' } });
    const { token } = tokenCreatedSchema.parse(body);
    await call('GET', '/api/v1/dns', { headers: { authorization: `Bearer ${token}` } });
    await logIn('admin', 'a wrong secret');
    const log = JSON.stringify(bed.log);
    expect(log).toContain('login failed');
    for (const secret of [ADMIN_PASSWORD, token, cookie.split('=')[1] ?? '', 'a wrong secret']) {
      expect(log).not.toContain(secret);
    }
  });
});
