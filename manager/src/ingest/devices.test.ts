// Devices from events to what is concluded of them, in a real store: by MAC, by DHCP, by what they say of
// themselves; who scans with invented addresses makes few of them.
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { deviceDetail, labelDevice } from '../api/device-detail.ts';
import { DeviceConcluder, LOCK_CONCLUDING } from '../enrich/device-concluder.ts';
import { VendorBook } from '../enrich/vendor-book.ts';
import { IngestBed } from './testing/ingest-bed.ts';
import { line, SAMPLES, sample } from './testing/sample-events.ts';

const kRange = { sinceMs: 0, untilMs: 1 };
let bed: IngestBed;
let concluder: DeviceConcluder;
beforeEach(async () => {
  bed = await IngestBed.start();
  concluder = new DeviceConcluder({ pool: bed.pool, log: pino({ level: 'silent' }) });
});
afterEach(async () => bed[Symbol.asyncDispose]());

const LAPTOP = '28:6f:b9:00:00:01';
const PHONE = 'da:a1:19:00:00:01';
const ROUTER = '00:1b:c5:00:00:01';
const WINDOWS = {
  ttl: 128,
  window: 64_240,
  mss: 1460,
  scale: 8,
  df: true,
  options: [2, 1, 3, 1, 1, 4],
};
const vendors = new VendorBook('28-6F-B9   (hex)\t\tNokia Shanghai Bell Co., Ltd.');

/** `mac` of a client at home, whose server is behind the router. */
function flowOf(src_ip: string, mac: string, flow_id: number): string {
  const event = sample('flow', { src_ip, flow_id });
  const netmoth = { schema: 1, flow_state: 'CLOSED', syn: WINDOWS };
  return line({ ...event, netmoth, ether: { src_macs: [mac], dest_macs: [ROUTER] } });
}

function dhcpOf(mac: string, name: string): string {
  const event = sample('dhcp', { src_ip: '0.0.0.0', dest_ip: '255.255.255.255' });
  const dhcp = { type: 'request', client_mac: mac, dhcp_type: 'request', hostname: name };
  return line({
    ...event,
    dhcp,
    netmoth: { schema: 1, dhcp_parameters: [1, 121, 3, 6, 15, 119, 252] },
  });
}

it('concludes name, maker, system and kind; addresses with one MAC are one device', async () => {
  await bed.startReplica({ vendors });
  await bed.publish(
    [
      flowOf('192.168.1.50', LAPTOP, 1),
      flowOf('192.168.1.51', LAPTOP, 2),
      dhcpOf(PHONE, 'annas-iphone'),
      flowOf('192.168.1.60', PHONE, 3),
    ],
    { eventClass: 'flow' },
  );
  await bed.untilDrained();
  expect(await concluder.once()).toBeGreaterThan(0);
  const rows = await bed.rows(
    "SELECT ip, subject, hostname, vendor, os, type FROM devices WHERE ip <<= '192.168.1.48/28' ORDER BY ip",
  );
  const laptop = {
    subject: `mac:${LAPTOP}`,
    hostname: null,
    vendor: 'Nokia Shanghai Bell Co., Ltd.',
    os: 'Windows 10, 11, Server 2016 and later',
    type: 'laptop',
  };
  const phone = { subject: `mac:${PHONE}`, hostname: 'annas-iphone', vendor: null, type: 'phone' };
  expect(rows).toMatchObject([
    { ip: '192.168.1.50', ...laptop },
    { ip: '192.168.1.51', ...laptop },
    { ip: '192.168.1.60', ...phone },
  ]);
  const detail = await deviceDetail(bed.pool, '192.168.1.50', kRange);
  expect([...detail.addresses].sort()).toEqual(['192.168.1.50', '192.168.1.51']);
  expect(detail.randomised_mac).toBe(false);
  expect(detail.evidence.map(({ source }) => source).sort()).toEqual(['ether.oui', 'tcp.syn']);
  expect((await deviceDetail(bed.pool, '192.168.1.60', kRange)).randomised_mac).toBe(true);
  expect(await concluder.once()).toBe(0);
});

it('what a person says goes before evidence, for all addresses of the machine, and can be taken back', async () => {
  await bed.startReplica({ vendors });
  const lines = [flowOf('192.168.1.50', LAPTOP, 1), flowOf('192.168.1.51', LAPTOP, 2)];
  await bed.publish(lines, { eventClass: 'flow' });
  await bed.untilDrained();
  await concluder.once();
  const said = { ip: '192.168.1.50', label: 'Till 3', type: 'IoT', user: 'anna' };
  await labelDevice(bed.pool, said);
  const query = `SELECT label, type FROM devices WHERE subject = 'mac:${LAPTOP}'`;
  const labelled = { label: 'Till 3', type: 'IoT' };
  expect(await bed.rows(query)).toEqual([labelled, labelled]);
  await labelDevice(bed.pool, { ...said, label: null, type: null });
  const free = { label: null, type: 'laptop' };
  expect(await bed.rows(query)).toEqual([free, free]);
  await expect(labelDevice(bed.pool, { ...said, ip: '192.168.9.9' })).rejects.toMatchObject({
    code: 'NM_NOT_FOUND',
  });
});

it('a label waits for a round of the concluder that goes on', async () => {
  await bed.startReplica();
  await bed.publish([flowOf('192.168.1.50', LAPTOP, 1)], { eventClass: 'flow' });
  await bed.untilDrained();
  const order: string[] = [];
  const said = { ip: '192.168.1.50', label: 'Till 3', type: null, user: 'admin' };
  let labelled: Promise<unknown> = Promise.resolve();
  await bed.pool.withTransaction(async (client) => {
    await client.query(LOCK_CONCLUDING);
    labelled = labelDevice(bed.pool, said).then(() => order.push('labelled'));
    // Until it waits: pg_locks says so.
    const WAITING =
      "SELECT count(*)::int AS many FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    while ((await bed.rows<{ many: number }>(WAITING))[0]?.many !== 1);
    order.push('concluded');
  });
  await labelled;
  expect(order).toEqual(['concluded', 'labelled']);
});

it('a MAC under which addresses from elsewhere are seen identifies nobody', async () => {
  await bed.startReplica();
  const [first = '', second = ''] = [
    flowOf('192.168.7.1', ROUTER, 1),
    flowOf('192.168.7.2', ROUTER, 2),
  ];
  await bed.publish([first, second], { eventClass: 'flow' });
  await bed.untilDrained();
  await concluder.once();
  const subjects = await bed.rows(
    "SELECT subject FROM devices WHERE ip <<= '192.168.7.0/24' ORDER BY ip",
  );
  expect(subjects).toEqual([{ subject: 'ip:192.168.7.1' }, { subject: 'ip:192.168.7.2' }]);
});

it('what a DNS answer says of an address confirms no device, and the address may be invented', async () => {
  await bed.startReplica();
  const answers = Array.from({ length: 300 }, (_, index) => ({
    ...{ rrname: 'made.up.example', rrtype: 'A', rdata: `10.8.${index >> 8}.${index & 255}` },
  }));
  const event = sample('dns', { dest_ip: '8.8.8.8' });
  const dns = { ...SAMPLES.dns.dns, type: 'response', answers };
  await bed.publish([line({ ...event, dns })], { eventClass: 'protocol' });
  await bed.untilDrained();
  const [found] = await bed.rows(
    `SELECT count(*) FILTER (WHERE confirmed) AS real, count(*) AS all FROM devices
     WHERE ip <<= '10.8.0.0/16'`,
  );
  expect(found).toMatchObject({ real: 0, all: 256 });
});

it('an event whose parts are of the wrong kind is stored and not rejected as well, or rejected alone', async () => {
  await bed.startReplica();
  const event = sample('flow', { src_ip: '192.168.1.50' });
  const odd = { toString: 1, valueOf: 1 };
  const syn = { ...WINDOWS, options: [odd], scale: odd };
  await bed.publish(
    [
      line({ ...event, flow_id: 1, ether: 'none' }),
      line({ ...event, flow_id: 2, ether: { src_macs: [odd] }, netmoth: { schema: 1, syn } }),
      line({ ...sample('dhcp', { flow_id: 3 }), netmoth: 7 }),
      line({ ...sample('dhcp', { flow_id: 4 }), dhcp: 'none' }),
      line({ ...sample('mdns', { flow_id: 5 }), mdns: [] }),
    ],
    { eventClass: 'flow' },
  );
  await bed.untilDrained();
  const stored = await bed.rows(
    'SELECT flow_id FROM flows UNION ALL SELECT flow_id FROM events ORDER BY flow_id',
  );
  const rejected = await bed.rows('SELECT line FROM rejected');
  expect(stored.length + rejected.length).toBe(5);
  expect(stored.map(({ flow_id: id }) => Number(id))).toEqual(expect.arrayContaining([1, 2]));
});

it('invented addresses make few devices, are counted, and do not hide those that answer', async () => {
  const replica = await bed.startReplica();
  const kInvented = 2_000;
  const silent = (index: number): string => {
    const event = sample('flow', { flow_id: index, src_ip: `10.9.${index >> 8}.${index & 255}` });
    const flow = { ...SAMPLES.flow.flow, pkts_toclient: 0, bytes_toclient: 0 };
    return line({ ...event, flow });
  };
  const scan = Array.from({ length: kInvented }, (_, index) => silent(index));
  await bed.publish([...scan, flowOf('192.168.1.50', LAPTOP, 99_999)], { eventClass: 'flow' });
  await bed.untilDrained();
  const [found] = await bed.rows(
    'SELECT count(*) FILTER (WHERE confirmed) AS real, count(*) FILTER (WHERE NOT confirmed) AS invented FROM devices',
  );
  expect(found).toMatchObject({ real: 1, invented: 256 });
  // Seen at the beginning and at the end of its flow.
  expect(await replica.metric('netmoth_manager_devices_refused_total')).toBe(2 * (kInvented - 256));
});

it('flows say what kind of traffic they are, and by which row', async () => {
  await bed.startReplica();
  await bed.publish([flowOf('192.168.1.50', LAPTOP, 1)], { eventClass: 'flow' });
  await bed.untilDrained();
  expect(await bed.rows('SELECT traffic_type, traffic_rule, asn FROM flows')).toEqual([
    { traffic_type: 'web', traffic_rule: 'web.protocol', asn: null },
  ]);
});
