import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_BATCH_BYTES } from '#contracts/nats.ts';
import { IdentityBook } from '../enrich/identity-book.ts';
import { BEYOND_WINDOW_MS, IngestBed } from './testing/ingest-bed.ts';
import { line, SAMPLES, sample } from './testing/sample-events.ts';

const MANAGER = join(import.meta.dirname, '../main.ts');

let bed: IngestBed;
beforeEach(async () => {
  bed = await IngestBed.start();
});
afterEach(async () => bed[Symbol.asyncDispose]());

const flows = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => line(sample('flow', { flow_id: from + index })));

describe('in a cluster', () => {
  it('names whose the addresses were at the time of the event; what a sensor claims counts for nothing', async () => {
    const identities = new IdentityBook();
    const from = '2026-11-20T14:00:00Z';
    const node = { namespace: 'shop', workload: 'deployment/web', node: 'node-1' };
    identities.set('192.168.1.50', [
      { kind: 'pod', ...node, name: 'before', from, to: '2026-11-20T14:32:00Z' },
      { kind: 'pod', ...node, name: 'after', from: '2026-11-20T14:32:00Z' },
    ]);
    await bed.startReplica({ identities });
    const lie = { kubernetes: { dest: { pod: 'somebody' } } };
    await bed.publish([SAMPLES.alert, { ...SAMPLES.tls, ...lie }].map(line));
    await bed.publish([line(SAMPLES.flow)], { eventClass: 'flow' });
    await bed.untilDrained();
    const named = (pod: string): object => ({ src: { ...node, pod } });
    // The flow began before the address changed hands, the alert came after.
    expect(await bed.rows('SELECT kubernetes FROM flows')).toEqual([
      { kubernetes: named('before') },
    ]);
    expect(await bed.rows('SELECT kubernetes, event FROM alerts')).toMatchObject([
      { kubernetes: named('after'), event: { kubernetes: named('after') } },
    ]);
    expect(await bed.rows('SELECT kubernetes FROM tls_handshakes')).toEqual([
      { kubernetes: named('after') },
    ]);
  });
});

describe('ingest', () => {
  it('stores one event of each type, every field in its column', async () => {
    await bed.startReplica();
    const { flow, ...others } = SAMPLES;
    await bed.publish(Object.values(others).map(line));
    await bed.untilDrained();
    await bed.publish([line(flow)], { eventClass: 'flow' });
    await bed.untilDrained();

    expect(await bed.count()).toEqual({ stored: 11, distinct: 11 });
    const header = {
      flow_id: 1_234_567_890_123,
      src_ip: '192.168.1.50',
      src_port: 50_000,
      dest_ip: '93.184.216.34',
      dest_port: 443,
      sensor: 'test',
      node: 'node',
      proto: 'TCP',
      app_proto: 'tls',
      community_id: '1:LQU9qZlK+B5F3KDmev6m5PMibrg=',
    };
    const at = '2026-11-20T14:32:15.123456Z';
    expect(await bed.rows('SELECT * FROM flows')).toMatchObject([
      {
        ...header,
        time: '2026-11-20T14:31:00.000001Z',
        end: '2026-11-20T14:32:14.999999Z',
        pkts_toserver: 10,
        pkts_toclient: 12,
        bytes_toserver: 1_000,
        bytes_toclient: 20_000,
        alerted: false,
        state: 'closed',
        reason: 'timeout',
        flow_state: 'CLOSED',
        // The flow's TLS event named it.
        domain: 'www.example.org',
        country: null,
      },
    ]);
    expect(await bed.rows('SELECT * FROM dns_queries')).toMatchObject([
      {
        ...header,
        time: at,
        type: 'answer',
        rrname: 'www.Example.org',
        rrtype: 'A',
        rcode: 'NOERROR',
        answers: ['example.org', '93.184.216.34', '192.168.1.60'],
      },
    ]);
    const { ja3, ja3s, ...tls } = SAMPLES.tls.tls;
    expect(await bed.rows('SELECT * FROM tls_handshakes')).toMatchObject([
      { ...header, ...tls, time: at, ja3: ja3.hash, ja3s: ja3s.hash },
    ]);
    expect(await bed.rows('SELECT * FROM http_transactions')).toMatchObject([
      { ...header, ...SAMPLES.http.http, time: at },
    ]);
    expect(await bed.rows('SELECT * FROM alerts')).toMatchObject([
      { ...header, ...SAMPLES.alert.alert, time: at, event: SAMPLES.alert },
    ]);
    expect(await bed.rows('SELECT * FROM anomalies')).toMatchObject([
      { ...header, ...SAMPLES.anomaly.anomaly, time: at, layer: null },
    ]);
    const types = ['dhcp', 'fileinfo', 'mdns', 'quic', 'stats'] as const;
    expect(await bed.rows('SELECT event_type, event FROM events ORDER BY event_type')).toEqual(
      types.map((type) => ({ event_type: type, event: SAMPLES[type] })),
    );
    expect(await bed.rows('SELECT ip, mac, hostname FROM devices ORDER BY ip')).toEqual([
      { ip: '192.168.1.50', mac: null, hostname: null },
      { ip: '192.168.1.60', mac: null, hostname: 'nas.lan' },
      { ip: '192.168.1.77', mac: '02:00:00:aa:bb:cc', hostname: 'printer' },
    ]);
  });

  it('stores a batch once that comes twice beyond the window of the stream, and again to another replica', async () => {
    const replicas = [await bed.startReplica(), await bed.startReplica()];
    const id = randomUUID();
    await bed.publish(flows(100), { id });
    await bed.untilDrained();
    for (let round = 0; round < 4; round++) {
      await sleep(BEYOND_WINDOW_MS);
      await bed.publish(flows(100), { id });
    }
    await bed.untilDrained();
    expect(await bed.count()).toEqual({ stored: 100, distinct: 100 });
    const outcomes = await Promise.all(
      replicas.map((replica) =>
        replica.metric('netmoth_manager_batches_total', { outcome: 'duplicate' }),
      ),
    );
    expect(outcomes.reduce((sum, each) => sum + each, 0)).toBe(4);
  });

  it('loses and doubles nothing when PostgreSQL is killed in the middle', async () => {
    const replica = await bed.startReplica({ groupEvents: 500 });
    let published = 0;
    const publishing = (async () => {
      for (let batch = 0; batch < 60; batch++) {
        published += (await bed.publish(flows(100, batch * 100))).count;
      }
    })();
    for (let kill = 0; kill < 3; kill++) {
      await untilStored(bed, 500 * (kill + 1));
      await bed.postgres.kill();
      await bed.postgres.start();
    }
    await publishing;
    await bed.untilDrained();
    expect(published).toBe(6_000);
    expect(await bed.count()).toEqual({ stored: published, distinct: published });
    const [sums] = await bed.rows('SELECT sum(flows) AS flows FROM rollup_total_hour');
    expect(sums).toEqual({ flows: published });
    expect(await replica.metric('netmoth_manager_transaction_retries_total')).toBeGreaterThan(0);
  });

  it('loses and doubles nothing when nats-server is killed in the middle', async () => {
    await bed.startReplica({ groupEvents: 500 });
    let published = 0;
    const publishing = (async () => {
      for (let batch = 0; batch < 60; batch++) {
        published += (await bed.publish(flows(100, batch * 100))).count;
      }
    })();
    await untilStored(bed, 500);
    await bed.nats.kill();
    await bed.nats.start();
    await publishing;
    await bed.untilDrained();
    expect(await bed.count()).toEqual({ stored: published, distinct: published });
  });

  it('loses and doubles nothing when the manager is killed in the middle', async () => {
    const start = (): ChildProcess =>
      spawn(process.execPath, [MANAGER, '--listen', '127.0.0.1:0'], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: {
          ...process.env,
          NETMOTH_MANAGER_STORE_URL: bed.url,
          NETMOTH_MANAGER_NATS_SERVERS: bed.nats.url,
          NETMOTH_MANAGER_LOG_LEVEL: 'silent',
          NETMOTH_MANAGER_INGEST_GROUP_EVENTS: '300',
        },
      });
    for (let batch = 0; batch < 60; batch++) await bed.publish(flows(100, batch * 100));
    for (let kill = 0; kill < 2; kill++) {
      const manager = start();
      await untilStored(bed, 600 * (kill + 1));
      manager.kill('SIGKILL');
      await once(manager, 'exit');
    }
    const last = start();
    await bed.untilDrained();
    last.kill('SIGTERM');
    expect(await once(last, 'exit')).toEqual([0, null]);
    expect(await bed.count()).toEqual({ stored: 6_000, distinct: 6_000 });
    const [sums] = await bed.rows('SELECT sum(events) AS events FROM rollup_events_minute');
    expect(sums).toEqual({ events: 6_000 });
  });

  it('could see a batch that was stored twice', async () => {
    await bed.startReplica();
    // The same events under two ids are two batches to us: what a failure of exactly once would store.
    await bed.publish(flows(20));
    await bed.publish(flows(20));
    await bed.untilDrained();
    expect(await bed.count()).toEqual({ stored: 40, distinct: 20 });
  });

  it('makes its consumer again where somebody removed it, and stores nothing twice', async () => {
    await bed.startReplica();
    await bed.publish(flows(50));
    await bed.untilDrained();
    await bed.removeConsumer();
    await bed.publish(flows(50, 50));
    await untilStored(bed, 100);
    await bed.untilDrained();
    expect(await bed.count()).toEqual({ stored: 100, distinct: 100 });
  });

  it('stops with everything it took either stored and acknowledged or left to the next', async () => {
    const first = await bed.startReplica({ groupEvents: 300 });
    for (let batch = 0; batch < 30; batch++) await bed.publish(flows(100, batch * 100));
    await untilStored(bed, 300);
    await first.stop();
    const between = await bed.count();
    const acknowledged = await first.metric('netmoth_manager_events_stored_total');
    expect(between).toEqual({ stored: acknowledged, distinct: acknowledged });
    await bed.startReplica();
    await bed.untilDrained();
    expect(await bed.count()).toEqual({ stored: 3_000, distinct: 3_000 });
  });

  it('sets broken lines aside, each with its reason, and stores all around them', async () => {
    const replica = await bed.startReplica();
    const bad = [
      ['{"event_type":"flow"', 'event: JSON is wanted'],
      ['[]', 'event: an object is wanted'],
      [
        line({ ...SAMPLES.dns, timestamp: '2026-02-30T00:00:00.000000+0000' }),
        /^timestamp: a time/,
      ],
      [line({ ...SAMPLES.dns, src_ip: '10.0.0.256' }), 'src_ip: an IP address is wanted'],
      [
        line({ ...SAMPLES.flow, flow: { ...SAMPLES.flow.flow, bytes_toserver: -1 } }),
        /^flow.bytes_toserver/,
      ],
      [line({ ...SAMPLES.dns, src_port: 65_536 }), 'src_port: a port is wanted'],
      [line({ ...SAMPLES.tls, tls: { sni: 7 } }), 'tls.sni: a text is wanted'],
      [line({ ...SAMPLES.dns, event_type: 'DNS; DROP' }), /^event_type/],
    ] as const;
    const lines = bad.flatMap(([text], flow_id) => [
      line(sample('dns', { flow_id })),
      text,
      line(sample('flow', { flow_id })),
    ]);
    await bed.publish(lines);
    await bed.untilDrained();
    expect(await bed.count()).toEqual({ stored: 16, distinct: 16 });
    const rejected = await bed.rows('SELECT line, reason, sample FROM rejected ORDER BY line');
    expect(rejected).toEqual(
      bad.map(([text, reason], index) => ({
        line: index * 3 + 1,
        reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
        sample: Buffer.from(text),
      })),
    );
    expect(await replica.metric('netmoth_manager_events_rejected_total')).toBe(bad.length);
  });

  it('takes hostile text as it is: NUL, lone surrogates, endless names, deep and odd JSON', async () => {
    await bed.startReplica();
    const nul = 'a\0b';
    const surrogate = '\ud800x';
    const deep = `${'{"a":'.repeat(50)}1${'}'.repeat(50)}`;
    const lines = [
      line(sample('tls', { tls: { sni: nul, subject: surrogate } })),
      line(sample('http', { http: { hostname: 'h'.repeat(9_000), url: 'ü'.repeat(20_000) } })),
      line(sample('dns', { dns: { ...SAMPLES.dns.dns, rrname: 'ﬃ'.repeat(5_000) } })),
      line(
        sample('flow', { netmoth: { schema: 1, domain: `${nul}.${surrogate}`, application: nul } }),
      ),
      line(
        sample('flow', {
          flow_id: 2,
          netmoth: { schema: 1, domain: `A�B.�X.`, application: 'a�b' },
        }),
      ),
      line(
        sample('alert', {
          alert: { ...SAMPLES.alert.alert, signature: nul },
          payload: [surrogate, nul],
        }),
      ),
      line(sample('quic', { [nul]: { [surrogate]: 1 } })),
      `${line(SAMPLES.mdns).slice(0, -1)},"big":1e400,"deep":${deep}}`,
    ];
    await bed.publish(lines);
    await bed.untilDrained();
    expect(await bed.rows('SELECT reason FROM rejected')).toEqual([]);
    expect(await bed.count()).toEqual({ stored: 8, distinct: 8 });
    const [tls] = await bed.rows('SELECT sni, subject FROM tls_handshakes');
    expect(tls).toEqual({ sni: 'a�b', subject: '�x' });
    const domains = await bed.rows('SELECT domain, flows FROM rollup_domain_minute');
    expect(domains).toEqual([{ domain: 'a�b.�x', flows: 2 }]);
  });

  it('lets events of any time land beside the others and keeps them by the day they came', async () => {
    const now = Date.parse('2026-11-21T12:00:00Z');
    await bed.startReplica({ now: () => now });
    const times = [
      '0000-01-01T00:00:00.000000+0000',
      '1970-01-01T00:00:00.000000+0000',
      '2008-12-31T23:59:60.999999+0000',
      '2026-11-20T23:30:00.000000-0100',
      '2106-02-07T06:28:15.999999+0000',
      '9999-12-31T23:59:59.999999+0000',
    ];
    const flowAt = (time: string) =>
      line(
        sample('flow', { timestamp: time, flow: { ...SAMPLES.flow.flow, start: time, end: time } }),
      );
    await bed.publish(times.map((time) => line(sample('anomaly', { timestamp: time }))));
    await bed.publish(times.map(flowAt), { eventClass: 'flow' });
    await bed.untilDrained();
    const found = await bed.rows<{ time: string; place: string }>(
      `SELECT to_char(time, 'YYYY-MM-DD"T"HH24:MI:SS.US BC') AS time, tableoid::regclass::text AS place
       FROM anomalies ORDER BY anomalies.time`,
    );
    expect(found.map((row) => row.time)).toEqual([
      '0001-01-01T00:00:00.000000 BC',
      '1970-01-01T00:00:00.000000 AD',
      '2009-01-01T00:00:00.999999 AD',
      '2026-11-21T00:30:00.000000 AD',
      '2106-02-07T06:28:15.999999 AD',
      '9999-12-31T23:59:59.999999 AD',
    ]);
    expect(new Set(found.map((row) => row.place))).toEqual(new Set(['anomalies_20261121']));
    const [sums] = await bed.rows(
      'SELECT count(*) AS rows, sum(flows) AS flows FROM rollup_total_minute',
    );
    expect(sums).toEqual({ rows: 6, flows: 6 });
  });

  it('refuses for good what is no batch, keeps why, and goes on', async () => {
    const replica = await bed.startReplica();
    const good = { 'Nats-Msg-Id': randomUUID(), 'Netmoth-Schema': '1', 'Netmoth-Count': '1' };
    const zstd = { 'Content-Encoding': 'zstd' };
    const huge = zstdCompressSync(Buffer.alloc(MAX_BATCH_BYTES + 1));
    const send = (data: Uint8Array, about: Record<string, string>, tail = 'node.flow') =>
      bed.publishRaw(`netmoth.events.test.${tail}`, data, {
        ...about,
        'Nats-Msg-Id': about['Nats-Msg-Id'] ?? randomUUID(),
      });
    await send(Buffer.from('not zstd'), { ...good, ...zstd });
    await send(huge, { ...good, 'Nats-Msg-Id': randomUUID(), ...zstd });
    await send(Buffer.from('{}'), { ...good, 'Nats-Msg-Id': 'no-uuid' });
    await send(Buffer.from('{}'), {
      ...good,
      'Nats-Msg-Id': randomUUID(),
      'Content-Encoding': 'br',
    });
    await send(Buffer.from('{}'), { ...good, 'Nats-Msg-Id': randomUUID() }, 'node.nonsense');
    await bed.publish([line(SAMPLES.dns)]);
    await bed.publish([line(sample('dns', { flow_id: 2 }))], { encoding: 'identity' });
    await bed.untilDrained();
    expect(await bed.count()).toEqual({ stored: 2, distinct: 2 });
    const reasons = await bed.rows<{ reason: string }>('SELECT reason FROM rejected ORDER BY id');
    expect(reasons.map((row) => row.reason)).toEqual([
      expect.stringMatching(/^zstd: /),
      expect.stringMatching(/^zstd: /),
      expect.stringMatching(/^headers: msgId/),
      'the encoding br is not known',
      'the subject is not of a sensor',
    ]);
    expect(await replica.metric('netmoth_manager_batches_total', { outcome: 'refused' })).toBe(5);
  });

  it('finds the event that the store itself refuses and loses only that', async () => {
    await bed.pool.query("ALTER TABLE anomalies ADD CONSTRAINT tame CHECK (event <> 'wild')");
    const replica = await bed.startReplica();
    const wild = sample('anomaly', { anomaly: { type: 'decode', event: 'wild' } });
    const lines = flows(40).concat(line(wild), flows(40, 40), line(wild), line(SAMPLES.anomaly));
    const id = randomUUID();
    await bed.publish(lines, { id });
    await bed.publish(flows(50, 100));
    await bed.untilDrained();
    expect(await bed.count()).toEqual({ stored: 131, distinct: 131 });
    const rejected = await bed.rows('SELECT msg_id, line, reason FROM rejected ORDER BY line');
    expect(rejected).toEqual(
      [40, 81].map((at) => ({
        msg_id: id,
        line: at,
        reason: expect.stringMatching(/^store: .*tame/),
      })),
    );
    expect(
      await replica.metric('netmoth_manager_transaction_retries_total', { reason: 'bisect' }),
    ).toBeGreaterThan(0);
  });

  it('goes on past messages made to stop it: endless counts, NUL in the id, endless tokens', async () => {
    const replica = await bed.startReplica();
    const about = (more: Record<string, string>) => ({
      'Nats-Msg-Id': randomUUID(),
      'Netmoth-Schema': '1',
      'Netmoth-Count': '1',
      ...more,
    });
    const good = Buffer.from(`${line(SAMPLES.dns)}\n`);
    const subject = 'netmoth.events.test.node.protocol';
    await bed.publishRaw(subject, good, about({ 'Netmoth-Count': '9999999999' }));
    await bed.publishRaw(subject, good, about({ 'Nats-Msg-Id': 'a\0b' }));
    const endless = 'e'.repeat(3_000);
    await bed.publishRaw(`netmoth.events.${endless}.node.protocol`, good, about({}));
    await bed.publishRaw(`netmoth.events.test.${endless}.protocol`, good, about({}));
    await bed.publishRaw(`netmoth.events.test.${endless}.nonsense`, good, about({}));
    await bed.publish([line(SAMPLES.dns)]);
    await bed.untilDrained();
    expect(await bed.count()).toEqual({ stored: 1, distinct: 1 });
    const rejected = await bed.rows<{ reason: string; msg_id: string; subject: string }>(
      'SELECT reason, msg_id, subject FROM rejected ORDER BY id',
    );
    expect(rejected.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^headers: count/),
      expect.stringMatching(/^headers: msgId/),
      'the subject is not of a sensor',
      'the subject is not of a sensor',
      'the subject is not of a sensor',
    ]);
    expect(rejected[1]?.msg_id).toBe('a�b');
    expect(Math.max(...rejected.map((each) => each.subject.length))).toBeLessThan(2_000);
    expect(await replica.metric('netmoth_manager_batches_total', { outcome: 'refused' })).toBe(5);
  });

  it('sets a batch aside whole where no line alone is to blame, or too many are, and goes on', async () => {
    await bed.startReplica().then((first) => first.stop());
    await bed.pool.query("ALTER TABLE anomalies ADD CONSTRAINT tame CHECK (event <> 'wild')");
    await bed.pool.query('ALTER TABLE anomalies ADD CONSTRAINT once UNIQUE (event, stored_on)');
    const of = (event: string) => line(sample('anomaly', { anomaly: { type: 'decode', event } }));
    const twins = await bed.publish([of('twin'), of('twin')]);
    const wild = await bed.publish(Array.from({ length: 150 }, () => of('wild')));
    const replica = await bed.startReplica({ groupEvents: 10_000 });
    await bed.publish(flows(10));
    await bed.untilDrained();
    expect(await bed.count()).toEqual({ stored: 10, distinct: 10 });
    expect(await bed.rows('SELECT msg_id, line, reason FROM rejected ORDER BY id')).toEqual([
      { msg_id: twins.id, line: null, reason: expect.stringMatching(/whole.*batch of 2 events/) },
      { msg_id: wild.id, line: null, reason: expect.stringMatching(/tame.*batch of 150 events/) },
    ]);
    expect(await replica.metric('netmoth_manager_events_rejected_total')).toBe(152);
    expect(await replica.metric('netmoth_manager_batches_total', { outcome: 'refused' })).toBe(2);
    expect(replica.ingest.trouble).toBeUndefined();
  });

  it('waits, and rejects nothing, when the store refuses everything', async () => {
    await bed.pool.query('ALTER TABLE flows RENAME TO mislaid');
    const replica = await bed.startReplica();
    await bed.publish(flows(10));
    while (replica.ingest.trouble === undefined) await sleep(20);
    expect(replica.ingest.trouble).toContain('flows');
    await bed.pool.query('ALTER TABLE mislaid RENAME TO flows');
    await bed.untilDrained();
    expect(await bed.count()).toEqual({ stored: 10, distinct: 10 });
    expect(await bed.rows('SELECT * FROM rejected')).toEqual([]);
    expect(replica.ingest.trouble).toBeUndefined();
  });

  it('says when a batch holds another number of lines than its header', async () => {
    const replica = await bed.startReplica();
    await bed.publish(flows(3), { count: 4 });
    await bed.untilDrained();
    expect(await bed.count()).toEqual({ stored: 3, distinct: 3 });
    expect(await replica.metric('netmoth_manager_batch_count_mismatches_total')).toBe(1);
  });
});

async function untilStored(from: IngestBed, events: number): Promise<void> {
  for (;;) {
    const [row] = await from
      .rows<{ n: number }>('SELECT coalesce(sum(events), 0) AS n FROM batches')
      .catch(() => []);
    if (row !== undefined && row.n >= events) return;
    await sleep(20);
  }
}
