// The decision table: each row fits what it is for, its names are in the documentation, and any flow has an answer.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { trafficFacts } from './traffic-facts.ts';
import {
  TRAFFIC_RULES,
  TRAFFIC_TYPES,
  type TrafficFacts,
  trafficReason,
  trafficType,
} from './traffic-type.ts';

const plain: TrafficFacts = {
  proto: 'TCP',
  appProto: undefined,
  application: undefined,
  category: undefined,
  domain: null,
  srcPort: 50_000,
  destPort: 50_001,
  bytesToServer: 1_000,
  bytesToClient: 1_000,
  packetsToServer: 10,
  packetsToClient: 10,
  seconds: 1,
  flowState: 'CLOSED',
  sizes: [100, -100],
  gapsUs: [0, 1_000],
};

describe('trafficType', () => {
  test.each<[string, Partial<TrafficFacts>]>([
    ['dns.protocol', { appProto: 'dns' }],
    ['dns.service', { appProto: 'tls', domain: 'doh.example.net', destPort: 443 }],
    ['scan.no-answer', { sizes: [], packetsToServer: 1, packetsToClient: 1 }],
    ['vpn.service', { category: 'email', domain: 'vpn-api.example.me' }],
    ['vpn.protocol', { proto: 'UDP', destPort: 51_820 }],
    ['remote.protocol', { appProto: 'ssh' }],
    ['mail.protocol', { appProto: 'tls', destPort: 993 }],
    ['call.service', { category: 'video-call' }],
    ['game.service', { category: 'game' }],
    ['update.service', { domain: 'deb.debian.org' }],
    ['messaging.service', { application: 'Slack', category: 'collaboration' }],
    ['stream.service', { category: 'cdn', domain: 'video.example.com' }],
    ['file.service', { category: 'file-sharing' }],
    ['call.protocol', { proto: 'UDP', appProto: 'dtls', destPort: 40_000 }],
    ['iot.protocol', { appProto: 'mqtt' }],
    ['file.upload', { appProto: 'tls', bytesToServer: 2_000_000, bytesToClient: 5_000 }],
    ['web.protocol', { appProto: 'http', destPort: 8_000 }],
    ['none', {}],
  ])('%s', (rule, facts) => {
    expect(trafficType({ ...plain, ...facts }).rule).toBe(rule);
  });

  test('speech has a rhythm, a transfer has none', () => {
    const sizes = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? 172 : -172));
    const gapsUs = sizes.map((_, index) => (index === 0 ? 0 : 10_000));
    const call = { ...plain, proto: 'UDP', sizes, gapsUs };
    expect(trafficType(call).type).toBe('call');
    expect(trafficType({ ...call, gapsUs: gapsUs.map(() => 100) }).type).toBe('unknown');
    expect(trafficType({ ...call, sizes: sizes.map(Math.abs) }).type).toBe('unknown');
  });

  test('a port says nothing of a protocol that was recognised', () => {
    expect(trafficType({ ...plain, appProto: 'http', srcPort: 5060 }).type).toBe('web');
  });

  test('a word in a name says nothing of a service that is known', () => {
    const flow = { ...plain, appProto: 'tls', domain: 'media.example.com', category: 'social' };
    expect(trafficType(flow).type).toBe('web');
  });
});

test('rows have names of their own, known kinds and stand in the documentation', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/enrichment.md'), 'utf8');
  const told = [...page.matchAll(/^\| `([a-z-]+\.[a-z.-]+)` \| (\w+) \| (.+) \|$/gm)].map((row) =>
    row.slice(1),
  );
  expect(told).toEqual(TRAFFIC_RULES.map(({ id, type, reason }) => [id, type, reason]));
  expect(new Set(TRAFFIC_RULES.map(({ id }) => id)).size).toBe(TRAFFIC_RULES.length);
  for (const { type } of TRAFFIC_RULES) expect(TRAFFIC_TYPES).toContain(type);
  for (const { id, reason } of TRAFFIC_RULES) expect(trafficReason(id)).toBe(reason);
});

test.each([
  {},
  { netmoth: null, flow: [] },
  { netmoth: { first_sizes: ['x'], first_gaps_us: [Number.NaN] }, flow: { age: 'long' } },
  { netmoth: { first_sizes: Array(1_000).fill(1) }, src_port: Number.POSITIVE_INFINITY },
])('a malformed event has an answer: %j', (event) => {
  const facts = trafficFacts(event, null);
  expect(facts.sizes).toEqual([]);
  expect(TRAFFIC_TYPES).toContain(trafficType(facts).type);
});
