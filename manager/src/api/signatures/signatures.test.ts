// Sets of signatures over real HTTP, a real PostgreSQL and a real bus: made, compiled, activated.
import { gzipSync } from 'node:zlib';
import { Kvm } from '@nats-io/kv';
import { Objm } from '@nats-io/obj';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { BUCKET_DESIRED, BUCKET_REPORTED, nodeKey, REPORTED_TTL_MS } from '#contracts/nats.ts';
import { errorBodySchema, pageOf } from '#contracts/rest.ts';
import * as rest from '#contracts/rest-signatures.ts';
import { bundleDigestOf, OBJECT_STORE_SIGNATURES } from '#contracts/signature-store.ts';
import { decodeBundle } from '#signatures/bundle/bundle.ts';
import { startTestNats, type TestNats } from '#testkit/nats.ts';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import * as sql from '../../store/queries/signature-sets.ts';
import { type ApiBed, startApiBed } from '../testing/api-bed.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { insert } from '../testing/seed.ts';

const RULES = [
  'alert http any any -> $HOME_NET any (msg:"Admin page"; http.uri; content:"/admin"; sid:7; rev:2;)',
  '#alert dns any any -> any any (msg:"Rare \\"name\\""; dns.query; content:"rare"; sid:8; rev:1;)',
  'alert tcp any any -> any any (msg:"Broken"; nosuchword; sid:9;)',
  'alert tcp any any -> any any (msg:"Plain"; content:"x"; sid:10; classtype:odd;)',
].join('\n');

let postgres: TestPostgres;
let bus: TestNats;
let bed: ApiBed;
let cookie: string;

beforeAll(async () => {
  [postgres, bus] = await Promise.all([startTestPostgres(), startTestNats()]);
  bed = await startApiBed({
    storeUrl: await postgres.createDatabase(),
    natsUrl: bus.url,
    config: { ownsSignatures: true },
  });
  cookie = await bed.logIn();
});
afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
  await Promise.all([postgres?.stop(), bus?.stop()]);
});

interface Told {
  readonly status: number;
  readonly body: unknown;
}

async function call(method: string, path: string, body?: unknown, type = 'application/json') {
  const payload = Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body);
  const response = await bed.fetch(`/api/v1/signatures${path}`, {
    method,
    headers: {
      cookie,
      'sec-fetch-site': 'same-origin',
      ...(body === undefined ? {} : { 'content-type': type }),
    },
    ...(body === undefined ? {} : { body: payload }),
  });
  const text = await response.text();
  const told: Told = {
    status: response.status,
    body: text === '' ? undefined : JSON.parse(text),
  };
  if (told.status >= 400) errorBodySchema.strict().parse(told.body);
  return told;
}

const upload = (set: string, file: string, text: string | Buffer) =>
  call('PUT', `/sets/${set}/files/${file}`, Buffer.from(text), 'application/octet-stream');

async function get<T extends z.ZodType>(schema: T, path: string): Promise<z.output<T>> {
  const { status, body } = await call('GET', path);
  expect({ status, body }).toMatchObject({ status: 200 });
  return schema.parse(body);
}

const detailOf = (set: string) => get(rest.signatureSetDetailSchema.strict(), `/sets/${set}`);
const rulesOf = (set: string, query = '') =>
  get(pageOf(rest.ruleRowSchema.strict()), `/sets/${set}/rules?last=7d${query}`);

async function made(set: string, rules = RULES): Promise<void> {
  expect((await call('POST', '/sets', { name: set })).status).toBe(201);
  expect((await upload(set, 'local.rules', rules)).status).toBe(200);
}

async function compiled(set: string) {
  const { status, body } = await call('POST', `/sets/${set}/versions`);
  expect({ status, body }).toMatchObject({ status: 201 });
  return rest.signatureVersionSchema.strict().parse(body);
}

/** Alerts as ingest would have stored them. */
async function fired(sid: number, alerts: number): Promise<void> {
  const now = new Date();
  const row = { gid: 1, sid };
  for (const step of ['minute', 'hour']) {
    const bucket = new Date(now);
    bucket.setUTCSeconds(0, 0);
    if (step === 'hour') bucket.setUTCMinutes(0);
    await insert(bed.pool, `rollup_signature_${step}`, { bucket, alerts, stored_on: now, ...row });
  }
  await insert(bed.pool, 'signatures_seen', {
    ...row,
    ...{ rev: 1, severity: 2, signature: `fired ${sid}`, category: 'Misc' },
    ...{ first_seen: now, last_seen: now },
  });
}

describe('a set from its first file to a version', () => {
  test('is compiled, what has a fault is left out and named', async () => {
    await made('local');
    const before = await detailOf('local');
    expect(before).toMatchObject({ files: 1, newest: null, changed: true, activeVersion: null });
    expect(before.fileList[0]).toMatchObject({ name: 'local.rules', sizeBytes: RULES.length });
    const version = await compiled('local');
    expect(version).toMatchObject({
      ...{
        number: 1,
        loaded: 2,
        failed: 1,
        disabled: 1,
        errors: 1,
        madeBy: 'admin',
        active: false,
      },
    });
    expect(await detailOf('local')).toMatchObject({ changed: false, newest: version });
    const faults = await get(pageOf(rest.faultRowSchema.strict()), '/sets/local/faults');
    expect(faults.items).toMatchObject([
      { file: 'local.rules', line: 3, code: 'RULE_KEYWORD_UNKNOWN', severity: 'error' },
    ]);
  });

  test('rules are listed with their state, those commented out too', async () => {
    const { items } = await rulesOf('local');
    expect(items).toMatchObject([
      { sid: 7, rev: 2, state: 'active', msg: 'Admin page', prefilter: '"/admin" in http.uri' },
      { sid: 8, state: 'commented', msg: 'Rare "name"', prefilter: null, cost: null, line: 2 },
      { sid: 10, state: 'active', classtype: 'odd', alerts: 0, last_seen: null },
    ]);
    expect((await rulesOf('local', '&search=admin')).items.map(({ sid }) => sid)).toEqual([7]);
    expect((await rulesOf('local', '&search=10')).items.map(({ sid }) => sid)).toEqual([10]);
    expect((await rulesOf('local', '&state=commented')).items.map(({ sid }) => sid)).toEqual([8]);
  });

  test('one rule is told as written and in words', async () => {
    const rule = await get(rest.ruleDetailSchema.strict(), '/sets/local/rules/1/7');
    expect(rule.source).toBe(RULES.split('\n')[0]);
    expect(rule.explanation).toContain('at local.rules:1');
    expect(rule.explanation).toContain('http.uri has "/admin"');
    expect((await call('GET', '/sets/local/rules/1/4711')).status).toBe(404);
  });

  test('overrides change rules, not files, from the next version on', async () => {
    const threshold = { type: 'limit', track: 'by_src', count: 1, seconds: 60 };
    const put = (sid: number, values: unknown) =>
      call('PUT', `/sets/local/overrides/1/${sid}`, values);
    expect((await put(7, { enabled: false })).status).toBe(200);
    expect((await put(8, { enabled: true })).status).toBe(200);
    expect((await put(10, { threshold })).status).toBe(200);
    const old = await rulesOf('local');
    expect(old.items[0]).toMatchObject({ sid: 7, state: 'active', enabled: false });
    expect(await detailOf('local')).toMatchObject({ changed: true, overrides: 3 });
    const version = await compiled('local');
    expect(version).toMatchObject({ number: 2, loaded: 2, disabled: 1 });
    expect((await rulesOf('local')).items).toMatchObject([
      { sid: 7, state: 'disabled', enabled: false },
      { sid: 8, state: 'active', enabled: true, prefilter: '"rare" in dns.query' },
      { sid: 10, state: 'active', threshold },
    ]);
    expect((await rulesOf('local', '&version=1')).items[1]).toMatchObject({ state: 'commented' });
    expect((await put(7, {})).status).toBe(400);
    expect((await put(7, { suppress: { track: 'by_src' } })).status).toBe(400);
    expect((await put(7, { suppress: { track: 'always', addresses: '::1' } })).status).toBe(400);
    const unknown = await put(7, { suppress: { track: 'by_src', addresses: '$NOWHERE' } });
    expect(unknown.status).toBe(400);
    expect(errorBodySchema.parse(unknown.body).error.message).toMatch(/suppression.*NOWHERE/);
    expect((await put(7, { threshold: { ...threshold, count: 0 } })).status).toBe(400);
    expect((await call('DELETE', '/sets/local/overrides/1/7')).status).toBe(204);
    expect((await call('DELETE', '/sets/local/overrides/1/7')).status).toBe(404);
  });

  test('an override suppresses a rule, or its matches from some hosts', async () => {
    await made('quiet');
    const put = (sid: number, values: unknown) =>
      call('PUT', `/sets/quiet/overrides/1/${sid}`, values);
    const some = { track: 'by_src', addresses: '[192.0.2.0/24,$HOME_NET]' };
    const stored = await put(7, { suppress: some });
    expect(rest.signatureOverrideSchema.strict().parse(stored.body)).toMatchObject({
      ...{ gid: 1, sid: 7, enabled: null, threshold: null, suppress: some },
    });
    expect((await put(10, { suppress: { track: 'always' } })).status).toBe(200);
    expect(await compiled('quiet')).toMatchObject({ loaded: 2, errors: 1 });
    const { items } = await rulesOf('quiet');
    const told = items.map(({ sid, suppress }) => [sid, suppress]);
    expect(told).toContainEqual([7, some]);
    expect(told).toContainEqual([8, null]);
    expect(told).toContainEqual([10, { track: 'always' }]);
    const list = await put(3_009_928_597, { suppress: { track: 'always' } });
    expect(list.status).toBe(400);
    expect(errorBodySchema.parse(list.body).error.message).toMatch(/that of a list/);
    const changes = await get(pageOf(rest.changeRowSchema.strict()), '/changes?set=quiet');
    expect(changes.items.map(({ detail }) => detail)).toEqual(
      expect.arrayContaining([
        '1:7 as in its file, suppressed by_src [192.0.2.0/24,$HOME_NET]',
        '1:10 as in its file, suppressed',
      ]),
    );
  });

  test('the bytes are those that `netmoth rules compile` would write: only content counts', async () => {
    await made('twin');
    await call('PUT', '/sets/twin/overrides/1/10', { enabled: false });
    const first = await compiled('twin');
    const again = await compiled('twin');
    expect(again).toMatchObject({ number: 2, digest: first.digest });
    await call('PUT', '/sets/twin/variables', { variables: { HOME_NET: '10.0.0.0/8' } });
    expect((await compiled('twin')).digest).not.toBe(first.digest);
  });

  test('files come back as they were given, gzip unpacked', async () => {
    expect((await upload('twin', 'more.rules', gzipSync(RULES))).body).toMatchObject({
      sizeBytes: RULES.length,
    });
    const response = await bed.fetch('/api/v1/signatures/sets/twin/files/more.rules', {
      headers: { cookie },
    });
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe(RULES);
    expect((await upload('twin', 'bad.gz', Buffer.from([0x1f, 0x8b, 1, 2]))).status).toBe(400);
    expect((await call('DELETE', '/sets/twin/files/more.rules')).status).toBe(204);
    expect((await call('GET', '/sets/twin/files/more.rules')).status).toBe(404);
  });
});

test('a list among the files is read as one', async () => {
  await made('lists');
  const put = (query: string) =>
    call(
      'PUT',
      `/sets/lists/files/feed.txt?${query}`,
      Buffer.from('192.0.2.7\nevil.example\n'),
      'application/octet-stream',
    );
  const stored = await put('as=list&category=botnet&severity=1&confidence=80');
  expect(rest.signatureFileSchema.strict().parse(stored.body).list).toEqual({
    ...{ category: 'botnet', severity: 1, confidence: 80 },
  });
  expect(await compiled('lists')).toMatchObject({ loaded: 2, indicators: 2 });
  expect((await put('category=botnet')).status).toBe(400);
  expect((await put('as=list&severity=9')).status).toBe(400);
  expect((await put('as=rules')).body).toMatchObject({ list: null });
});

test('hits are listed with most alerts first, a page after the other', async () => {
  await fired(7, 3);
  await fired(10, 40);
  await fired(900, 40);
  const page = (query: string) => get(pageOf(rest.hitRowSchema.strict()), `/hits?${query}`);
  const first = await page('limit=2');
  expect(first.items).toMatchObject([
    { signature_id: 10, alerts: 40, signature: 'fired 10' },
    { signature_id: 900, alerts: 40 },
  ]);
  const second = await page(`limit=2&cursor=${first.next}`);
  expect(second).toMatchObject({ items: [{ signature_id: 7, alerts: 3 }], next: null });
  expect((await page('search=900')).items).toHaveLength(1);
  expect((await call('GET', `/hits?search=x&cursor=${first.next}`)).status).toBe(400);
  const rules = await rulesOf('local', '&limit=1');
  expect(rules.items).toMatchObject([{ sid: 10, alerts: 40 }]);
  const rest_ = await rulesOf('local', `&limit=5&cursor=${rules.next}`);
  expect(rest_.items.map(({ sid }) => sid)).toEqual([7, 8]);
  expect((await rulesOf('local', '&fired=false')).items.map(({ sid }) => sid)).toEqual([8]);
});

describe('activation', () => {
  const report = sampleReport({ sensor: 'lab', node: 'node1' });
  const key = nodeKey('lab', 'node1');
  const reports = (signatures: object) =>
    new Kvm(nats())
      .create(BUCKET_REPORTED, { ttl: REPORTED_TTL_MS })
      .then((bucket) => bucket.put(key, JSON.stringify({ ...report, signatures })));
  const nats = () => {
    if (bed.nats === null) throw new Error('the bed has a bus');
    return bed.nats;
  };
  const wanted = async () => {
    const bucket = await new Kvm(nats()).create(BUCKET_DESIRED, { history: 1 });
    return (await bucket.get(key))?.json<Record<string, unknown>>() ?? null;
  };
  const overview = () => get(rest.signatureOverviewSchema.strict(), '');

  test('brings the bundle into the store and tells every sensor, other wishes stay', async () => {
    const bucket = await new Kvm(nats()).create(BUCKET_DESIRED, { history: 1 });
    await bucket.put(key, JSON.stringify({ generation: 0, engine: { maxFlows: 5000 } }));
    await reports({ state: 'none' });
    const { status, body } = await call('POST', '/sets/local/versions/2/activate');
    expect({ status, body }).toMatchObject({ status: 200, body: { number: 2, active: true } });
    const { active } = await overview();
    expect(active).toMatchObject({ set: 'local', version: 2, activatedBy: 'admin' });
    await expect.poll(wanted, { timeout: 30_000 }).toMatchObject({
      signatures: { digest: active?.digest, revision: 'local 2' },
      engine: { maxFlows: 5000 },
    });
    const store = await new Objm(nats()).open(OBJECT_STORE_SIGNATURES);
    const bytes = await store.getBlob(active?.digest ?? '');
    const bundle = decodeBundle(bytes ?? new Uint8Array());
    expect(bundleDigestOf(bundle.digest)).toBe(active?.digest);
    expect(bundle.rules.map(({ sid }) => sid).sort()).toEqual([10, 8]);
    expect(bundle.rules.find(({ sid }) => sid === 10)?.rate).toMatchObject({ type: 'limit' });
  });

  test('the overview says what each sensor matches with', async () => {
    const digest = (await overview()).active?.digest;
    await reports({ state: 'active', digest, rulesLoaded: 2 });
    await expect
      .poll(async () => (await overview()).sensors, { timeout: 30_000 })
      .toMatchObject([
        { node: 'node1', signatures: { digest }, known: { set: 'local', version: 2 } },
      ]);
    expect(await overview()).toMatchObject({ owner: 'manager' });
  });

  test('an active set stays; without an active one nothing is wanted any more', async () => {
    expect((await call('DELETE', '/sets/local')).status).toBe(409);
    const before = (await wanted())?.['generation'];
    expect((await call('DELETE', '/active')).status).toBe(204);
    await expect.poll(wanted, { timeout: 30_000 }).not.toHaveProperty('signatures');
    expect((await wanted())?.['generation']).toBeGreaterThan(Number(before));
    expect((await call('DELETE', '/sets/local')).status).toBe(204);
    expect((await call('GET', '/sets/local')).status).toBe(404);
  });

  test('of a version that goes meanwhile waits for that, and is refused', async () => {
    await made('going');
    await compiled('going');
    let activated: ReturnType<typeof call> | undefined;
    await bed.pool.withTransaction(async (client) => {
      await client.query(sql.LOCK_SET, ['going']);
      activated = call('POST', '/sets/going/versions/1/activate');
      const waits = `SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await expect.poll(async () => (await bed.pool.query(waits, [])).rowCount).toBe(1);
      await client.query(sql.DELETE_SET, ['going']);
    });
    expect((await activated)?.status).toBe(404);
    expect((await overview()).active).toBe(null);
  });
});

test('every change is recorded with who made it', async () => {
  const changes = (query: string) => get(pageOf(rest.changeRowSchema.strict()), `/changes${query}`);
  const { items } = await changes('?set=local&limit=1000');
  expect(items.map(({ action }) => action)).toEqual([
    ...['delete', 'deactivate', 'activate', 'override removed', 'compile'],
    ...['override', 'override', 'override', 'compile', 'file', 'create'],
  ]);
  expect(new Set(items.map(({ user }) => user))).toEqual(new Set(['admin']));
  const first = await changes('?set=local&limit=6');
  const second = await changes(`?set=local&limit=6&cursor=${first.next}`);
  expect([...first.items, ...second.items]).toEqual(items);
  expect(second.next).toBe(null);
});

describe('what is refused', () => {
  test.each([
    ['POST', '/sets', { name: 'Bad Name' }, 400],
    ['POST', '/sets', { name: 'twin' }, 409],
    ['POST', '/sets', { name: 'x', variables: { 'A B': 'x' } }, 400],
    ['POST', '/sets', { name: 'x', variables: { AB: 'x\0y' } }, 400],
    ['PUT', '/sets/twin/variables', { variables: { AB: '\0' } }, 400],
    ['DELETE', '/sets/absent', undefined, 404],
    ['POST', '/sets/absent/versions', undefined, 404],
    ['POST', '/sets/twin/versions/99/activate', undefined, 404],
    ['PUT', '/sets/twin/overrides/1/0', { enabled: true }, 400],
    ['PUT', '/sets/twin/files/..', { a: 1 }, 404],
    ['PUT', '/sets/twin/files/x.rules', { a: 1 }, 400],
    ['GET', '/sets/twin/rules?version=99', undefined, 404],
    ['GET', '/sets/twin/rules?version=2147483648', undefined, 400],
    ['GET', '/sets/twin/faults?version=2147483648', undefined, 400],
    ['GET', '/hits?cursor=abc', undefined, 400],
  ])('%s %s', async (method, path, body, status) => {
    expect((await call(method, path, body)).status).toBe(status);
  });

  test('an empty set has nothing to compile', async () => {
    await call('POST', '/sets', { name: 'empty' });
    expect((await call('POST', '/sets/empty/versions')).status).toBe(400);
  });

  test('a token reads and changes nothing', async () => {
    const made = await bed.fetch('/api/v1/tokens', {
      method: 'POST',
      headers: { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'reader' }),
    });
    const { token } = (await made.json()) as { token: string };
    const ask = (method: string, path: string) =>
      bed.fetch(`/api/v1/signatures${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await ask('GET', '')).status).toBe(200);
    expect((await ask('POST', '/sets/twin/versions')).status).toBe(403);
    expect((await ask('DELETE', '/sets/twin')).status).toBe(403);
  });

  test('where the operator owns them, everything is read and nothing changed', async () => {
    await using other = await startApiBed({ storeUrl: await postgres.createDatabase() });
    const session = await other.logIn();
    expect(await other.get('/signatures')).toEqual({
      ...{ owner: 'operator', active: null, sets: [], sensors: [] },
    });
    const response = await other.fetch('/api/v1/signatures/sets', {
      method: 'POST',
      headers: {
        ...{ cookie: session, 'sec-fetch-site': 'same-origin' },
        'content-type': 'application/json',
      },
      body: JSON.stringify({ name: 'mine' }),
    });
    expect(response.status).toBe(403);
    expect(errorBodySchema.parse(await response.json()).error.message).toContain('Kubernetes');
  });
});
