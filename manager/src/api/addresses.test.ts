// What is known of addresses and names: lists with since when, where they are, names by reverse DNS, over real servers.
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { DeviceDetail, FlowRow, Page } from '#contracts/rest.ts';
import { type AddressFacts, addressSchema, nameSchema } from '#contracts/rest-addresses.ts';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { placeOf } from '../enrich/place-record.ts';
import { Reputation } from '../enrich/reputation.ts';
import { ReputationList } from '../enrich/reputation-list.ts';
import { MAX_WAITING, ReverseNames } from '../enrich/reverse-names.ts';
import { StorePool } from '../store/pool.ts';
import { withLists } from '../store/queries/lists-of-rows.ts';
import { type ApiBed, startApiBed } from './testing/api-bed.ts';
import { insert, seed } from './testing/seed.ts';

const kNowMs = Date.UTC(2026, 10, 20, 15);
const told: string[] = [];
const say = (_fields: object, message: string): void => void told.push(message);
const log = { warn: say, info: () => undefined } as never;
const dns = createSocket('udp4');
const asked: string[] = [];
let beyond = 0;
const inc = (): void => {
  beyond += 1;
};
let folder: string;
let postgres: TestPostgres;
let bed: ApiBed;
let names: ReverseNames;
let reputation: Reputation;
let list: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmoth-lists-'));
  list = join(folder, 'bad.txt');
  postgres = await startTestPostgres();
  const storeUrl = await postgres.createDatabase();
  dns.on('message', (question, { port, address }) => {
    dns.send(answerTo(question), port, address);
  });
  await once(dns.bind(0, '127.0.0.1'), 'listening');
  const servers = [`127.0.0.1:${(dns.address() as AddressInfo).port}`];
  const pool = new StorePool({ url: storeUrl, statementTimeoutMs: 15_000 });
  names = new ReverseNames({ pool, log, servers, perSecond: 100, beyond: { inc } });
  const database = { placeOf: () => placeOf({ country_code: 'SE', asn: 'AS7', as_name: 'Seven' }) };
  bed = await startApiBed({
    ...{ storeUrl, nowMs: kNowMs },
    knowledge: { names, places: { countries: database, asns: database } },
  });
  reputation = new Reputation({ pool: bed.pool, log, files: [list] });
  return () => pool.end();
});
afterAll(async () => {
  dns.close();
  await bed[Symbol.asyncDispose]();
  await postgres.stop();
  await rm(folder, { recursive: true });
});

/** printer.home. to whatever is asked, as a PTR record of RFC 1035. */
function answerTo(question: Buffer): Buffer {
  const labels: string[] = [];
  for (let at = 12; (question[at] ?? 0) > 0; at += (question[at] ?? 0) + 1) {
    labels.push(question.toString('latin1', at + 1, at + 1 + (question[at] ?? 0)));
  }
  asked.push(labels.join('.'));
  const end = 12 + labels.join('.').length + 2 + 4;
  const name = Buffer.from('\x07printer\x04home\0', 'latin1');
  const head = Buffer.from(question.subarray(0, end));
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(1, 6);
  head.writeUInt16BE(0, 10);
  const record = Buffer.from('c00c000c00010000003c0000', 'hex');
  record.writeUInt16BE(name.length, 10);
  return Buffer.concat([head, record, name]);
}

const address = async (ip: string): Promise<AddressFacts> => {
  const facts = (await bed.get(`/addresses/${ip}`)) as AddressFacts;
  expect(addressSchema.safeParse(facts).error).toBeUndefined();
  return facts;
};
const listsOf = async (ip: string) => (await address(ip)).lists.map(({ entry }) => entry);

test('an address says where it is and on which lists, since when, and what stays keeps that', async () => {
  await writeFile(list, '# bad ones\n94.1.1.1\n94.2.0.0/16\n2a00:bad::/32\nevil.example\n');
  await reputation.pass();
  await bed.pool.query("UPDATE reputation_entries SET since = '2026-01-02'");
  await writeFile(list, '94.1.1.1\n94.2.0.0/16\n94.2.2.2,extra,columns\nevil.example\n');
  await reputation.pass();
  expect(await address('94.2.2.2')).toMatchObject({
    ...{ special: null, country: 'SE', asn: 7, organisation: 'Seven' },
    lists: [
      { list: 'bad.txt', entry: '94.2.0.0/16', since: '2026-01-02T00:00:00.000000Z' },
      { list: 'bad.txt', entry: '94.2.2.2', since: expect.not.stringContaining('2026-01-02') },
    ],
  });
  expect(await listsOf('94.1.1.1')).toEqual(['94.1.1.1']);
  expect(await listsOf('2a00:bad::1')).toEqual([]);
  expect(await address('10.0.0.1')).toMatchObject({ special: 'private', country: null, asn: null });
});

test('a name is on the lists of those above it, and its tracker has an owner', async () => {
  const name = (await bed.get('/names/a.b.Evil.example')) as { lists: object[] };
  expect(nameSchema.safeParse(name).error).toBeUndefined();
  expect(name.lists).toMatchObject([{ list: 'bad.txt', entry: 'evil.example' }]);
  expect(await bed.get('/names/notevil.example')).toMatchObject({ lists: [], tracker: null });
});

test('flows and the page of a device tell who is listed', async () => {
  const time = new Date(kNowMs - 60_000).toISOString();
  await seed(
    bed.pool,
    'flows',
    [
      { time, src_ip: '10.0.0.9', dest_ip: '94.1.1.1', domain: null },
      { time, src_ip: '10.0.0.9', dest_ip: '8.8.8.8', domain: 'x.evil.example' },
      { time, src_ip: '10.0.0.9', dest_ip: '8.8.8.8', domain: 'example.org' },
    ],
    new Date('2026-11-20'),
  );
  const { items } = (await bed.get('/flows?device=10.0.0.9')) as Page<FlowRow>;
  expect(items.map(({ lists }) => lists?.join()).sort()).toEqual(['bad.txt', 'bad.txt', undefined]);
  const path = `${bed.url}/api/v1/flows?device=10.0.0.9&format=ndjson`;
  const response = await fetch(path, { headers: { cookie: await bed.logIn() } });
  const exported = (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(exported).toEqual(items);
  const given = await bed.pool.withTransaction((client) =>
    withLists(client, [
      { src_ip: '94.2.2.2', dest_ip: '94.1.1.1', domain: 'Evil.Example' },
      { src_ip: '10.0.0.9', dest_ip: '8.8.8.8', domain: '94.1.1.1' },
    ]),
  );
  expect(given.map(({ lists }) => lists)).toEqual([['bad.txt'], null]);
  const bucket = { bucket: time, stored_on: '2026-11-20', flows: 1 };
  const device = { ...bucket, device: '10.0.0.9', bytes: 1 };
  await insert(bed.pool, 'rollup_domain_minute', { ...device, domain: 'x.evil.example' });
  const pair = { src_ip: '10.0.0.9', dest_ip: '94.2.3.4', bytes_toserver: 1, bytes_toclient: 1 };
  await insert(bed.pool, 'rollup_pair_minute', { ...bucket, ...pair });
  await insert(bed.pool, 'devices', { ip: '10.0.0.9', first_seen: time, last_seen: time });
  const { listed } = (await bed.get('/devices/10.0.0.9')) as DeviceDetail;
  expect(listed.map(({ contact, entry }) => `${contact} by ${entry}`)).toEqual([
    ...['94.2.3.4 by 94.2.0.0/16', 'x.evil.example by evil.example'],
  ]);
});

test('a list that breaks stays as it was and is told; one that is taken away is forgotten', async () => {
  told.length = 0;
  await writeFile(list, '<html>404</html>\n');
  await reputation.pass();
  await reputation.pass();
  expect(reputation.troubles()).toEqual([
    { path: list, trouble: 'no address and no name is in it' },
  ]);
  expect(told).toHaveLength(1);
  expect(await listsOf('94.1.1.1')).toEqual(['94.1.1.1']);
  await new Reputation({ pool: bed.pool, log, files: [] }).pass();
  expect(await listsOf('94.1.1.1')).toEqual([]);
});

test('a list that a manager of another configuration took away or replaced is put back', async () => {
  await writeFile(list, '94.1.1.1\n');
  await reputation.pass();
  await new Reputation({ pool: bed.pool, log, files: [] }).pass();
  expect(await listsOf('94.1.1.1')).toEqual([]);
  await reputation.pass();
  expect(await listsOf('94.1.1.1')).toEqual(['94.1.1.1']);
  await bed.pool.query("UPDATE reputation_lists SET digest = 'of another'");
  await bed.pool.query('DELETE FROM reputation_entries');
  await reputation.pass();
  expect(await listsOf('94.1.1.1')).toEqual(['94.1.1.1']);
  await rename(list, `${list}.away`);
  await reputation.pass();
  expect(reputation.troubles()).toMatchObject([{ trouble: expect.stringContaining('ENOENT') }]);
  await rename(`${list}.away`, list);
  await reputation.pass();
  expect(reputation.troubles()).toEqual([]);
});

test('lists of sets: JSON is not read, and what has no entry is read once', async () => {
  const by = { created_by: 'me', variables: '{}' };
  await insert(bed.pool, 'signature_sets', { name: 'own', ...by });
  const put = async (name: string, text: string, format?: string): Promise<void> => {
    const sha256 = createHash('sha256').update(text).digest();
    const row = { set_name: 'own', name, size_bytes: text.length, sha256, changed_by: 'me' };
    const body = zstdCompressSync(text);
    await insert(bed.pool, 'signature_files', { ...row, body, list: JSON.stringify({ format }) });
  };
  await put('plain.txt', '94.3.3.1\n');
  await put('adblock.txt', '[Adblock Plus 2.0]\n||ad.example^\n');
  await put('said.json', '94.3.3.2\n', 'misp');
  await put('untold.json', '\ufeff\n{\n  "value":\n94.3.3.3\n}');
  await put('array.json', '[\n"94.3.3.4"\n]');
  await put('empty.txt', '# nothing\n');
  const query = vi.spyOn(bed.pool, 'query');
  const read = () =>
    query.mock.calls
      .filter(([text]) => text.includes('SELECT body'))
      .map(([, given]) => given?.[0]);
  const lists = new Reputation({ pool: bed.pool, log, files: [list] });
  await lists.pass();
  expect(read().sort()).toEqual([
    ...['own/adblock.txt', 'own/array.json', 'own/empty.txt', 'own/plain.txt', 'own/untold.json'],
  ]);
  const { rows } = await bed.pool.query(
    "SELECT list FROM reputation_entries WHERE list LIKE 'own/%' ORDER BY list",
  );
  expect(rows.map((row) => row['list'])).toEqual(['own/adblock.txt', 'own/plain.txt']);
  query.mockClear();
  await lists.pass();
  expect(read()).toEqual([]);
  query.mockRestore();
});

test('names are asked for once a day, and are evidence of a device that has none', async () => {
  asked.length = 0;
  expect((await address('94.7.7.7')).name).toBe('printer.home');
  expect((await address('94.7.7.7')).name).toBe('printer.home');
  expect(asked).toEqual(['7.7.7.94.in-addr.arpa']);
  const seen = {
    first_seen: new Date(kNowMs).toISOString(),
    last_seen: new Date(kNowMs).toISOString(),
  };
  await insert(bed.pool, 'devices', { ip: '10.0.0.77', ...seen });
  await insert(bed.pool, 'devices', { ip: '10.0.0.78', hostname: 'known', ...seen });
  await names.pass();
  expect(asked).toContain('77.0.0.10.in-addr.arpa');
  expect(asked).not.toContain('78.0.0.10.in-addr.arpa');
  const { rows } = await bed.pool.query(
    "SELECT subject, value FROM device_evidence WHERE source = 'dns.ptr' AND subject = 'ip:10.0.0.77'",
  );
  expect(rows).toEqual([{ subject: 'ip:10.0.0.77', value: 'printer.home' }]);
});

test('a device that somebody asked about before it was looked up has its name as evidence', async () => {
  const time = new Date(kNowMs).toISOString();
  await insert(bed.pool, 'devices', { ip: '10.0.0.79', first_seen: time, last_seen: time });
  expect((await address('10.0.0.79')).name).toBe('printer.home');
  const { rows } = await bed.pool.query(
    "SELECT value FROM device_evidence WHERE source = 'dns.ptr' AND subject = 'ip:10.0.0.79'",
  );
  expect(rows).toEqual([{ value: 'printer.home' }]);
});

test('an address in line is asked about once, and beyond the bound of the line nobody waits', async () => {
  // A store that answers when it is let, and knows nothing.
  const { promise: open, resolve: letGo } = Promise.withResolvers<void>();
  let queries = 0;
  const query = async (): Promise<object> => {
    queries += 1;
    await open;
    return { rows: [] };
  };
  const many = new ReverseNames({
    pool: { query } as never,
    log,
    servers: [],
    perSecond: 100,
    beyond: { inc },
  });
  const inLine = Array.from({ length: MAX_WAITING }, (_, at) => many.nameOf(`2001:db8::${at}`));
  expect(many.nameOf('2001:db8::1')).toBe(inLine[1]);
  expect(await many.nameOf('2001:db8::ffff')).toBeNull();
  expect([queries, beyond]).toEqual([MAX_WAITING, 1]);
  letGo();
  await Promise.all(inLine);
  await many.nameOf('2001:db8::ffff');
  expect([queries, beyond]).toEqual([2 * MAX_WAITING + 2, 1]);
});

test.each([
  ['94.1.1.1', '94.1.1.1'],
  ['94.1.1.1:443', '94.1.1.1'],
  ['"2026-11-20","94.1.1.1","x"', '94.1.1.1'],
  ['94.1.0.0/16 ; SBL1', '94.1.0.0/16'],
  ['0.0.0.0 evil.example', 'evil.example'],
  ['||ad.example^$third-party', 'ad.example'],
  ['||ad.example^$domain=x.example', undefined],
  ['Evil.Example.', 'evil.example'],
  ['0.0.0.0/0', undefined],
  ['com', undefined],
  ['co.uk', undefined],
  ['evil.example # why', 'evil.example'],
  ['999.1.1.1', undefined],
  ['@@||good.example^', undefined],
])('a line of a list: %s', (line, entry) => {
  const read = new ReputationList();
  read.add(line);
  expect([...read.entries()].map(([each]) => each)).toEqual(entry === undefined ? [] : [entry]);
});

test('of a list beyond its bound the rest is counted', () => {
  const bound = 100;
  const read = new ReputationList(bound);
  for (let at = 0; at < bound + 3; at++) read.add(`94.1.1.${at}`);
  expect([read.size, read.leftOut]).toEqual([bound, 3]);
});
