/** Rules that ask for further packets, for bodies and for the IP version: what is told, and for how long. */
import { expect, test } from 'vitest';
import { alertsOf } from '../testing/alerts-of.ts';
import { capture, ethernet, ipv4 } from '../testing/frames.ts';
import { conversation, datagramsOfHosts } from '../testing/packets.ts';

const ONE = [10, 0, 0, 1];
const TWO = [10, 0, 0, 2];
const THREE = [10, 0, 0, 3];
/** The first packet of one flow alerts, five of it follow, one of another flow after each. */
const FLOWS = datagramsOfHosts(
  Array.from({ length: 6 }, (_, i) => [
    { from: ONE, to: TWO, port: 9, text: i === 0 ? 'moth' : 'lamp', atMs: i * 1000 },
    { from: THREE, to: TWO, port: 9, text: 'bat', atMs: i * 1000 + 500 },
  ]).flat(),
);

test.each([
  ['tag:session;', 5],
  ['tag:session,3,packets;', 2],
  ['tag:session,2,seconds;', 2],
  ['tag:session,100,bytes;', 1],
  ['tag:host,4,packets,src;', 3],
  ['tag:host,100,packets,dst;', 11],
  ['tag:host;', 11],
  ['tag:session,2,packets; tag:host,3,packets,src;', 2],
  ['tag:session; noalert;', 5],
  ['', 0],
])('%s', async (tag, expected) => {
  const rule = `alert udp any any -> any any (msg:"x"; content:"moth"; ${tag} sid:1;)`;
  const { tagged, faults, notMatched, ids } = await alertsOf(rule, FLOWS);
  expect({ tagged, faults, notMatched }).toEqual({ tagged: expected, faults: [], notMatched: [] });
  expect(ids).toEqual(tag.includes('noalert') ? [] : [1]);
});

test('fragments belong to no flow: they tag their host, and are told', async () => {
  const piece = (id: number, text: string) =>
    ethernet(0x0800, ipv4({ protocol: 17, id, fragment: 0x2000, payload: Buffer.from(text) }));
  const frames = [1, 2, 3, 4].map((id) => piece(id, 'moth....'));
  const rule =
    'alert ip any any -> any any (msg:"x"; fragbits:M; id:1; tag:host,2,packets,src; sid:1;)';
  for (const workers of [1, 2]) {
    const found = await alertsOf(rule, capture(...frames), {}, { workers });
    expect([found.tagged, found.ids, found.faults]).toEqual([1, [1], []]);
  }
  const session = rule.replace('host,2,packets,src', 'session');
  expect(await alertsOf(session, capture(...frames))).toMatchObject({ tagged: 0, ids: [1] });
});

test('tagged packets may be left out', async () => {
  const rule = 'alert udp any any -> any any (msg:"x"; content:"moth"; tag:session; sid:1;)';
  const engine = { eve: { alert: { taggedPackets: false } } };
  expect(await alertsOf(rule, FLOWS, {}, engine)).toMatchObject({ tagged: 0, ids: [1] });
});

test('hosts are tagged alike by any number of workers', async () => {
  const rule = 'alert udp any any -> any any (msg:"x"; content:"moth"; tag:host,7,packets; sid:1;)';
  for (const workers of [1, 2, 3]) {
    expect(await alertsOf(rule, FLOWS, {}, { workers })).toMatchObject({ tagged: 6 });
  }
});

test.each([
  ['tag:session,9;', 'packets, bytes or seconds'],
  ['tag:session,9,packets,src;', 'src and dst are of host'],
])('%s is a fault', async (tag, message) => {
  const rule = `alert udp any any -> any any (msg:"x"; ${tag} sid:1;)`;
  expect((await alertsOf(rule, FLOWS)).faults.join()).toContain(message);
});

test('alerts of HTTP with the bodies that are known', async () => {
  const posted = conversation(80, [
    {
      from: 'client',
      text: 'POST / HTTP/1.1\r\nHost: lamp\r\nContent-Length: 5\r\n\r\nwi\x01gs',
    },
    { from: 'server', text: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' },
  ]);
  const rule =
    'alert http any any -> any any (flow:to_client; http.stat_code; content:"200"; sid:1;)';
  const told = async (alert: object) => {
    const { events } = await alertsOf(rule, posted, {}, { eve: { alert } });
    return events[0]?.['http'];
  };
  expect(await told({ httpBody: true })).toMatchObject({
    http_request_body: Buffer.from('wi\x01gs').toString('base64'),
    http_response_body: Buffer.from('hello').toString('base64'),
  });
  expect(await told({ httpBodyPrintable: true })).toMatchObject({
    http_request_body_printable: 'wi.gs',
    http_response_body_printable: 'hello',
  });
  expect(await told({})).not.toHaveProperty('http_response_body');
});

test('l3_proto', async () => {
  const rules = [
    'alert udp any any -> any any (msg:"x"; l3_proto:ipv4; content:"moth"; sid:1;)',
    'alert udp any any -> any any (msg:"x"; l3_proto:ip4; content:"moth"; sid:2;)',
    'alert udp any any -> any any (msg:"x"; l3_proto:ipv6; content:"moth"; sid:3;)',
  ].join('\n');
  const { ids, faults, notMatched } = await alertsOf(rules, FLOWS);
  expect([ids, faults, notMatched]).toEqual([[1, 2], [], []]);
});

/** RFC 9113: preface, SETTINGS and one PING of the client. */
const HTTP2 = conversation(80, [
  {
    from: 'client',
    text: `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x08\x06\0\0\0\0\0moth1234`,
  },
  { from: 'server', text: '\0\0\0\x04\0\0\0\0\0' },
]);

test('frames of HTTP/2', async () => {
  const rules = [
    'alert http2 any any -> any any (flow:to_server; frame:http2.pdu; content:"|00 00 08 06|"; startswith; bsize:17; sid:1;)',
    'alert http2 any any -> any any (flow:to_server; frame:hdr; content:"|00 00 08 06|"; startswith; bsize:9; sid:2;)',
    'alert http2 any any -> any any (flow:to_server; frame:http2.data; content:"moth1234"; bsize:8; sid:3;)',
    'alert http2 any any -> any any (flow:to_client; frame:http2.data; content:"moth"; sid:4;)',
    'alert http2 any any -> any any (frame:http2.hdr; content:"moth"; sid:5;)',
  ].join('\n');
  const { ids, faults, notMatched } = await alertsOf(rules, HTTP2);
  expect([faults, notMatched]).toEqual([[], []]);
  expect([...ids].sort()).toEqual([1, 2, 3]);
});
