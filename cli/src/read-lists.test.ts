/**
 * `netmoth read --list`: real traffic against lists in the formats people download, alert by alert.
 *
 * The capture is samples/first-look.pcap, recorded with real programs (samples/record).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alertEventSchema } from '#contracts/eve.ts';
import { conformanceData } from '#signatures/testing/conformance-data.ts';
import { runNetmoth, SAMPLE } from './testing/run-netmoth.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'netmoth-read-lists-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function list(name: string, lines: readonly string[], facts = ''): string[] {
  writeFileSync(join(dir, name), `${lines.join('\n')}\n`);
  return ['--list', join(dir, name) + facts];
}

interface Line {
  readonly event_type: string;
  readonly flow_id?: number;
  readonly flow?: { readonly alerted: boolean };
}

async function alertsOf(args: readonly string[], capture = SAMPLE) {
  const eve = join(dir, 'eve.ndjson');
  const ended = await runNetmoth(['read', capture, '--eve', eve, '--quiet', ...args]);
  const events = readFileSync(eve, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): Line => JSON.parse(line));
  const alerts = events
    .filter(({ event_type }) => event_type === 'alert')
    .map((event) => alertEventSchema.parse(event));
  return { ended, events, alerts };
}

/** How often each line stands there, in the order of their first. */
function counted(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].map(([line, count]) => `${count} × ${line}`);
}

/** One line an alert: what the analyst reads first. */
function told({ alerts }: Awaited<ReturnType<typeof alertsOf>>): string[] {
  return alerts.map(
    ({ src_ip, dest_ip, dest_port, alert, ...rest }) =>
      `${src_ip} > ${dest_ip}:${dest_port} ${alert.signature} ${alert.metadata?.['entry']} ${rest['app_proto'] ?? '-'}`,
  );
}

test('abuse.ch, ipsum and URL lists: an alert a flow and entry, none for the rest', async () => {
  const found = await alertsOf([
    // Feodo Tracker's form.
    ...list('feodo.csv', [
      '# Feodo Tracker Botnet C2 IP Blocklist (recommended)',
      '# first_seen_utc,dst_ip,dst_port,c2_status,last_online,malware',
      '2026-11-01 00:00:00,198.51.100.20,80,online,2026-11-20,Emotet',
      '2026-11-01 00:00:00,198.51.100.20,8080,online,2026-11-20,QakBot',
    ]),
    // ipsum's form: the address and how many lists name it.
    ...list('ipsum.txt', ['# IPsum', '192.0.2.30\t7', '192.0.2.31\t3']),
    ...list('urlhaus.txt', [
      'http://updates.example.com:80/firmware.bin',
      'http://updates.example.com/',
    ]),
    // SSLBL's JA3 form.
    ...list('ja3.csv', [
      '# ja3_md5,Firstseen,Lastseen,Listingreason',
      '161ab24de398ef1091c1029f4c026cd1,2026-01-01,2026-02-01,Tofsee',
    ]),
    ...list('ja4.txt', ['q13d0307h3_55b375c5d22e_1cecd519fee8']),
    ...list('files.txt', ['bc2e2835488a615b25dd68164e916bec218c462eb97cf400690c9f897c3232bf']),
  ]);
  expect(found.ended).toMatchObject({ status: 0, stdout: '', stderr: '' });
  expect(counted(told(found))).toEqual([
    '1 × 192.168.1.50 > 203.0.113.10:443 List ja3: Tofsee (ja3) 161ab24de398ef1091c1029f4c026cd1 tls',
    '1 × 203.0.113.80 > 192.168.1.30:46324 List files (file-sha256) bc2e2835488a615b25dd68164e916bec218c462eb97cf400690c9f897c3232bf http',
    '1 × 192.168.1.30 > 203.0.113.80:80 List urlhaus (url) updates.example.com/firmware.bin http',
    '1 × 192.168.1.51 > 192.0.2.30:443 List ipsum (ipv4) 192.0.2.30 -',
    '1 × 192.168.1.51 > 192.0.2.30:443 List ja4 (ja4) q13d0307h3_55b375c5d22e_1cecd519fee8 quic',
    '14 × 192.168.1.30 > 198.51.100.20:80 List feodo: Emotet (ipv4-port) 198.51.100.20:80 -',
  ]);
  const ipsum = found.alerts.find(({ alert }) => alert.signature.startsWith('List ipsum'));
  expect(ipsum?.alert).toMatchObject({
    gid: 1,
    category: 'ipsum',
    severity: 2,
    metadata: { list: ['ipsum'], source: ['ipsum.txt'], indicator: ['ipv4'], confidence: ['70'] },
  });
  const marked = new Set(found.alerts.map(({ flow_id }) => flow_id));
  const flows = found.events.filter(({ event_type }) => event_type === 'flow');
  for (const { flow_id, flow } of flows) expect(flow?.alerted).toBe(marked.has(flow_id));
});

test('a hosts file: names asked for, spoken to, and everything below them; never twice a flow', async () => {
  const names = list('hosts', ['0.0.0.0 shop.example.com', '0.0.0.0 Example.NET']);
  const found = await alertsOf(names);
  const entries = found.alerts.map(
    ({ alert, app_proto }) => `${alert.metadata?.['entry']} ${app_proto}`,
  );
  expect(counted(entries).sort()).toEqual([
    '1 × example.net quic',
    '16 × example.net tls',
    '18 × example.net dns',
    '6 × shop.example.com dns',
    '6 × shop.example.com tls',
  ]);
  const once = new Set(
    found.alerts.map(({ flow_id, alert }) => `${flow_id} ${alert.metadata?.['entry']}`),
  );
  expect(once.size).toBe(found.alerts.length);
  expect(new Set(found.alerts.map(({ alert }) => alert.signature_id)).size).toBe(1);
  // Two workers tell the same.
  const two = await alertsOf([...names, '--workers', '2']);
  expect(counted(told(two)).sort()).toEqual(counted(told(found)).sort());
});

test('what has expired when the packet was seen is not told', async () => {
  const rows = (until: string) => ['domain,valid_until', `shop.example.com,${until}`];
  const past = await alertsOf(list('past.csv', rows('2026-11-21T08:14:00Z')));
  expect(past.alerts).toEqual([]);
  const midway = await alertsOf(list('midway.csv', rows('2026-11-21T08:14:20Z')));
  const later = await alertsOf(list('later.csv', rows('2026-12-01T00:00:00Z')));
  expect(midway.alerts.length).toBeGreaterThan(0);
  expect(midway.alerts.length).toBeLessThan(later.alerts.length);
  for (const { timestamp } of midway.alerts) expect(timestamp < '2026-11-21T08:14:20').toBe(true);
});

test('faults of a list are told with their place; the rest of it counts', async () => {
  const found = await alertsOf(list('mixed.txt', ['192.0.2.30', 'no value at all', 'com']));
  expect(found.ended.status).toBe(0);
  expect(found.ended.stderr.split('\n')).toEqual([
    expect.stringContaining('mixed.txt:2:1 LIST_ENTRY'),
    expect.stringContaining('mixed.txt:3:1 LIST_TOO_BROAD'),
    '',
  ]);
  expect(found.alerts).toHaveLength(1);
  const checked = await runNetmoth(['rules', 'check', '--list', join(dir, 'mixed.txt')]);
  expect(checked.status).toBe(1);
  expect(checked.stdout).toContain('list mixed (plain): 1 entries, 2 failed, 0 not applicable');
});

const data = conformanceData();

function captureOf(name: string): string {
  const path = join(dir, `${name}.pcap`);
  writeFileSync(path, gunzipSync(readFileSync(join(data ?? '', 'pcaps', `${name}.gz`))));
  return path;
}

test.skipIf(data === undefined)(
  'feeds as they are published, captures of other projects',
  async () => {
    const feeds = join(data ?? '', 'feeds');
    const feed = (name: string) => ['--list', join(feeds, name)];
    const published = [
      ...feed('ipsum-sample.txt'),
      ...feed('ipsum-level5.txt'),
      ...feed('sslbl-sample.csv'),
    ];
    const scanned = await alertsOf(
      published,
      captureOf('203473a46eee2f1df60980eda734bc2104317fb8'),
    );
    expect(told(scanned)).toEqual([
      expect.stringMatching(
        /^66\.175\.213\.4 > 192\.168\.10\.111:\d+ List ipsum-sample \(ipv4\) 66\.175\.213\.4 -$/,
      ),
    ]);
    const certificate = captureOf('01836f17ed7508a0c8ab87cea6acfd011c8ea133');
    expect((await alertsOf(published, certificate)).alerts).toEqual([]);
    // The blacklist with one row more: the certificate that the capture shows.
    const rows = readFileSync(join(feeds, 'sslbl-sample.csv'), 'utf8').trimEnd().split('\n');
    rows.push('8c90bd2ab3aee60bd0eab786b01ae4b1cc57ef22,AsyncRAT C&C,11/20/2026 6:58');
    const found = await alertsOf(list('sslbl.csv', rows), certificate);
    expect(told(found)).toEqual([expect.stringContaining('10.157.4.11 > 10.150.98.145:')]);
    expect(found.alerts[0]).toMatchObject({
      direction: 'to_client',
      app_proto: 'tls',
      alert: {
        signature: 'List sslbl: AsyncRAT C&C (certificate-sha1)',
        category: 'AsyncRAT C&C',
        metadata: { entry: ['8c90bd2ab3aee60bd0eab786b01ae4b1cc57ef22'], source: ['sslbl.csv'] },
      },
      tls: { fingerprint: '8c:90:bd:2a:b3:ae:e6:0b:d0:ea:b7:86:b0:1a:e4:b1:cc:57:ef:22' },
    });
  },
);
