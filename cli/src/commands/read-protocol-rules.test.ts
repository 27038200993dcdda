/**
 * Keywords of application protocols: for each, options of a rule that must alert and of one that must
 * not, on conversations written out in testing/, through the compiler and the engine.
 */
import { describe, expect, test } from 'vitest';
import { alertsOf } from '../testing/alerts-of.ts';
import { expectCase, type KeywordCase } from '../testing/expect-case.ts';
import { datagram, datagrams } from '../testing/packets.ts';
import { SSH } from '../testing/protocol-traffic.ts';
import { SERVICE_CASES } from '../testing/service-cases.ts';
import { SESSION_CASES } from '../testing/session-cases.ts';
import { SIP_CASES } from '../testing/sip-cases.ts';

describe.each([...SESSION_CASES, ...SIP_CASES, ...SERVICE_CASES])(
  '%s',
  (protocol, capture, cases) => {
    test.each(cases)('%s', async (...one) => expectCase(protocol, one, capture));
  },
);

test('dns: names of codes and types, frames', async () => {
  const name = '\x04lamp\x07example\0';
  const question = `\0\x07\x01\0\0\x01\0\0\0\0\0\0${name}\0\x10\0\x01`;
  const answer = `\0\x07\x81\x83\0\x01\0\0\0\0\0\0${name}\0\x10\0\x01`;
  const capture = datagrams(53, [
    { from: 'client', text: question },
    { from: 'server', text: answer },
  ]);
  const rules = [
    'alert dns any any -> any any (dns.rcode:NXDOMAIN; sid:1;)',
    'alert dns any any -> any any (dns.rcode:!NXDOMAIN; sid:2;)',
    'alert dns any any -> any any (flow:to_server; dns.rrtype:TXT; sid:3;)',
    'alert dns any any -> any any (dns.rrtype:A; sid:4;)',
    'alert dns any any -> any any (flow:to_server; dns.opcode:QUERY; sid:5;)',
    `alert dns any any -> any any (flow:to_client; frame:pdu; bsize:${answer.length}; content:"|81 83|"; offset:2; depth:2; sid:6;)`,
    'alert dns any any -> any any (frame:dns.pdu; content:"|00 08|"; startswith; sid:7;)',
  ].join('\n');
  const { ids, faults, notMatched } = await alertsOf(rules, capture);
  expect([...ids].sort()).toEqual([1, 3, 5, 6]);
  expect([faults, notMatched]).toEqual([[], []]);
});

test('an alert on a frame names it', async () => {
  const rules =
    'alert ssh any any -> any any (flow:to_server; frame:record.hdr; content:"|14|"; sid:1;)';
  const { events } = await alertsOf(rules, SSH);
  expect(events[0]).toMatchObject({ app_proto: 'ssh', frame: { type: 'record.hdr', length: 6 } });
});

/** RFC 5531: a call of the portmapper's GETPORT. */
const RPC_CALL = ['1', '0', '2', '100000', '2', '3']
  .map((word) =>
    String.fromCharCode(0, ...[16, 8, 0].map((shift) => (Number(word) >> shift) & 0xff)),
  )
  .join('');

test.each<KeywordCase>([
  ['rpc', 'rpc:100000,*,3;', 'rpc:100000,3,*;'],
  ['rpc, program alone', 'rpc:100000;', 'rpc:100003;'],
])('%s', async (...one) => {
  await expectCase('udp', one, datagram(111, `${RPC_CALL}${'\0'.repeat(16)}`));
});

test.each<KeywordCase>([
  ['ipopts', 'ipopts:lsrr;', 'ipopts:ssrr;'],
  ['ipopts:any', 'ipopts:any;', 'ipopts:rr;'],
])('%s', async (...one) => {
  await expectCase('udp', one, withOptions(datagram(111, 'x'), '\x01\x83\x03\x04'));
});

/** The capture's one packet with options behind its IPv4 header. */
function withOptions(capture: Buffer, options: string): Buffer {
  const at = 24 + 16 + 14;
  const changed = Buffer.concat([
    capture.subarray(0, at + 20),
    Buffer.from(options, 'latin1'),
    capture.subarray(at + 20),
  ]);
  for (const field of [24 + 8, 24 + 12]) {
    changed.writeUInt32LE(changed.readUInt32LE(field) + options.length, field);
  }
  changed[at] = 0x45 + options.length / 4;
  changed.writeUInt16BE(changed.readUInt16BE(at + 2) + options.length, at + 2);
  return changed;
}
