// Every event type has a line of its own, and a bare event never breaks the page.
import { expect, test } from 'vitest';
import { EVENT_TYPES, type LiveEvent } from '../api/contract.ts';
import { eventEnds, eventSummary } from './event-summary.ts';

const event = (fields: Record<string, unknown>) =>
  ({ timestamp: '2026-11-20T14:32:15.123456+0000', ...fields }) as LiveEvent;

test.each([
  [
    {
      event_type: 'flow',
      app_proto: 'tls',
      flow: { bytes_toserver: 300, bytes_toclient: 4_000, state: 'closed', reason: 'timeout' },
    },
    'tls 4.30 kB closed timeout',
  ],
  [
    {
      event_type: 'dns',
      dns: { type: 'answer', rrtype: 'A', rrname: 'a.example', rcode: 'NOERROR' },
    },
    'answer A a.example NOERROR',
  ],
  [
    {
      event_type: 'dns',
      dns: { type: 'request', queries: [{ rrtype: 'MX', rrname: 'b.example' }] },
    },
    'request MX b.example',
  ],
  [
    { event_type: 'tls', tls: { version: 'TLS 1.3', sni: 'a.example', ja4: 't13' } },
    'TLS 1.3 a.example t13',
  ],
  [
    {
      event_type: 'http',
      http: { http_method: 'GET', hostname: 'a.example', url: '/x', status: 404 },
    },
    'GET a.example/x 404',
  ],
  [{ event_type: 'alert', alert: { signature: 'Scan', category: 'Probe' } }, 'Scan Probe'],
  [
    { event_type: 'anomaly', anomaly: { type: 'decode', event: 'decoder.ipv4.trunc_pkt' } },
    'decode decoder.ipv4.trunc_pkt',
  ],
  [
    { event_type: 'dhcp', dhcp: { dhcp_type: 'ack', assigned_ip: '192.0.2.9', hostname: 'nas' } },
    'ack 192.0.2.9 nas',
  ],
  [
    {
      event_type: 'ssh',
      ssh: { client: { software_version: 'a_1' }, server: { software_version: 'b_2' } },
    },
    'a_1 → b_2',
  ],
  [
    { event_type: 'smtp', smtp: { helo: 'h', mail_from: '<a@b>', rcpt_to: ['<c@d>', '<e@f>'] } },
    'h <a@b> → <c@d> <e@f>',
  ],
  [
    { event_type: 'ntp', ntp: { version: 4, mode: 'server', reference_id: 'GPS' } },
    'v 4 server GPS',
  ],
])('%j reads as %s', (fields, text) => {
  expect(eventSummary(event(fields))).toBe(text);
});

test('an event without its body, or with a strange one, still has a line', () => {
  for (const event_type of EVENT_TYPES) {
    expect(typeof eventSummary(event({ event_type }))).toBe('string');
    expect(typeof eventSummary(event({ event_type, [event_type]: 7 }))).toBe('string');
    expect(typeof eventSummary(event({ event_type, [event_type]: { queries: [] } }))).toBe(
      'string',
    );
  }
});

test('the ends of an event', () => {
  const ends = { src_ip: '192.0.2.1', src_port: 5353, dest_ip: 'ff02::fb', dest_port: 5353 };
  expect(eventEnds(event({ event_type: 'mdns', ...ends }))).toBe(
    '192.0.2.1:5353 → [ff02::fb]:5353',
  );
  expect(eventEnds(event({ event_type: 'stats' }))).toBe('');
});
