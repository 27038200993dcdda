// An address names whoever held it at the time of the event.
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { type Holder, identityKey } from '#contracts/identity.ts';
import { BUCKET_IDENTITY } from '#contracts/nats.ts';
import { startTestNats } from '#testkit/nats.ts';
import { AddressBook } from './address-book.ts';
import { IdentityBook } from './identity-book.ts';
import { watchIdentities } from './identity-watch.ts';

const kStart = Date.parse('2026-11-20T10:00:00Z');
const iso = (minute: number): string => new Date(kStart + minute * 60_000).toISOString();
const at = (minute: number) => ({ seconds: kStart / 1_000 + minute * 60, micros: 0 });
const addresses = new AddressBook([]);
const key = (text: string): string | undefined => addresses.get(text)?.key;
const pod = (name: string, from: number, to?: number): Holder => ({
  ...{ kind: 'pod', namespace: 'shop', name, node: 'node-1', workload: 'deployment/web' },
  from: iso(from),
  ...(to === undefined ? {} : { to: iso(to) }),
});

it('names the holder of the time of the event, and nobody where there was none', () => {
  const book = new IdentityBook();
  book.set('10.1.0.1', [pod('a', 0, 10), pod('b', 20)]);
  const named = (minute: number): string | undefined =>
    book.ends(key('10.1.0.1'), undefined, at(minute))?.src?.pod;
  expect([-5, -0.5, 0, 9, 10, 15, 20, 99].map(named)).toEqual([
    ...[undefined, 'a', 'a', 'a', undefined, undefined, 'b', 'b'],
  ]);
});

it('knows an IPv6 address however it is written, services and nodes as such', () => {
  const book = new IdentityBook();
  book.set('fd00::1', [pod('six', 0)]);
  book.set('10.96.0.1', [{ kind: 'service', namespace: 'shop', name: 'web', from: iso(0) }]);
  book.set('192.0.2.1', [{ kind: 'node', name: 'node-1', node: 'node-1', from: iso(0) }]);
  const long = key('fd00:0000:0000:0000:0000:0000:0000:0001');
  expect(book.ends(long, key('10.96.0.1'), at(1))).toEqual({
    src: { namespace: 'shop', pod: 'six', workload: 'deployment/web', node: 'node-1' },
    dest: { namespace: 'shop', service: 'web' },
  });
  expect(book.ends(key('192.0.2.1'), key('8.8.8.8'), at(1))).toEqual({
    src: { node: 'node-1', host_network: true },
  });
  expect(book.ends(key('8.8.8.8'), undefined, at(1))).toBeUndefined();
});

it('told anew it goes on with what it knew, and keeps of it what was told again', () => {
  const book = new IdentityBook();
  for (const address of ['10.1.0.1', '10.1.0.2', '10.1.0.3']) book.set(address, [pod('a', 0)]);
  const known = (): (string | undefined)[] =>
    ['10.1.0.1', '10.1.0.2', '10.1.0.3'].map(
      (address) => book.ends(key(address), undefined, at(1))?.src?.pod,
    );
  book.beginAnew();
  expect(known()).toEqual(['a', 'a', 'a']);
  book.set('10.1.0.1', [pod('b', 0)]);
  book.forget('10.1.0.2');
  expect(known()).toEqual(['b', undefined, 'a']);
  book.beginAnew(); // the watch fell once more
  book.set('10.1.0.1', [pod('b', 0)]);
  book.toldAll();
  expect(known()).toEqual(['b', undefined, undefined]);
  expect(book.size).toBe(1);
});

it('forgets what a bucket that is made anew does not have', async () => {
  await using nats = await startTestNats();
  const connection = await connect({ servers: nats.url });
  const book = new IdentityBook();
  const stop = new AbortController();
  book.set('10.1.0.9', [pod('old', 0)]); // of the bucket before
  const bucket = await new Kvm(jetstream(connection)).create(BUCKET_IDENTITY);
  await bucket.put(identityKey('10.1.0.1'), JSON.stringify([pod('a', 0)]));
  const options = { connection, identities: book, log: pino({ level: 'silent' }) };
  const watching = watchIdentities(options, stop.signal);
  await expect.poll(() => book.ends(key('10.1.0.1'), undefined, at(1))?.src?.pod).toBe('a');
  await expect.poll(() => book.ends(key('10.1.0.9'), undefined, at(1))).toBeUndefined();
  stop.abort();
  await watching;
  await connection.close();
});

it('follows the bucket, also one that is made later, past what is no holder', async () => {
  await using nats = await startTestNats();
  const connection = await connect({ servers: nats.url });
  const book = new IdentityBook();
  const stop = new AbortController();
  const options = { connection, identities: book, log: pino({ level: 'silent' }), lookAgainMs: 50 };
  const watching = watchIdentities(options, stop.signal);
  const bucket = await new Kvm(jetstream(connection)).create(BUCKET_IDENTITY);
  await bucket.put(identityKey('fd00::1'), JSON.stringify([pod('six', 0)]));
  await bucket.put(identityKey('10.1.0.1'), '{"no": "holder"}');
  await bucket.put(identityKey('10.1.0.2'), 'no JSON');
  await bucket.put(identityKey('10.1.0.3'), JSON.stringify([pod('a', 0)]));
  await expect.poll(() => book.ends(key('10.1.0.3'), key('fd00::1'), at(1))?.dest?.pod).toBe('six');
  expect(book.size).toBe(2);
  await bucket.delete(identityKey('10.1.0.3'));
  await expect.poll(() => book.size).toBe(1);
  stop.abort();
  await watching;
  await connection.close();
});
