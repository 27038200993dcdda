/**
 * EVE lines for benchmarks of the manager: a small office seen by one sensor. The same seed gives the same
 * lines; each is an event of contracts/src/eve.ts (bench/ingest/events.test.ts holds them against it).
 *
 * The mix: of 20 events 10 are flows, 6 DNS, 2 TLS, 2 HTTP.
 */
import { createHash } from 'node:crypto';

const kDevices = 250;
const kRemotes = 5_000;
const kDomains = 3_000;
const kStepMicros = 200;

/** xorshift32: fast, and the same everywhere. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

export interface LineSource {
  next(): string;
}

export function eveLines(seed: number, startMs: number): LineSource {
  const random = randomOf(seed);
  let count = 0;
  const stampOf = (micros: number): string => {
    const total = startMs * 1000 + micros;
    const text = new Date(Math.floor(total / 1000)).toISOString();
    return `${text.slice(0, 23)}${String(total % 1000).padStart(3, '0')}+0000`;
  };
  // The square makes a few of them frequent, as in real traffic.
  const skewed = (below: number): number => Math.floor((random(below) * random(below)) / below);
  return {
    next: () => {
      const index = count++;
      const kind = index % 20;
      const client = `10.0.${skewed(kDevices) >> 6}.${random(62) + 1}`;
      const remote = skewed(kRemotes);
      const server = `93.${remote >> 10}.${(remote >> 2) & 0xff}.${((remote & 3) << 4) + 1}`;
      const flowId = Number.parseInt(
        createHash('md5').update(`${seed} ${index}`).digest('hex').slice(0, 13),
        16,
      );
      const domain = `host${skewed(kDomains)}.example${remote % 40}.org`;
      const time = stampOf(index * kStepMicros);
      const isDns = kind >= 10 && kind < 16;
      const header = {
        timestamp: time,
        flow_id: flowId,
        src_ip: client,
        src_port: 1024 + random(60_000),
        dest_ip: isDns ? '10.0.0.1' : server,
        dest_port: isDns ? 53 : 443,
        proto: isDns ? 'UDP' : 'TCP',
        ip_v: 4,
        community_id: `1:${createHash('sha1').update(`${seed}.${index}`).digest('base64')}`,
      };
      if (kind < 10) return JSON.stringify(flowOf(header, { index, random, stampOf, domain }));
      if (isDns) return JSON.stringify(dnsOf(header, { random, domain, server }));
      if (kind < 18) return JSON.stringify(tlsOf(header, domain));
      return JSON.stringify(httpOf(header, { random, domain }));
    },
  };
}

interface FlowInput {
  readonly index: number;
  readonly random: (below: number) => number;
  readonly stampOf: (micros: number) => string;
  readonly domain: string;
}

function flowOf(header: object, { index, random, stampOf, domain }: FlowInput): object {
  const packets = 2 + random(60);
  const seconds = random(30);
  const startMicros = index * kStepMicros - seconds * 1_000_000;
  return {
    ...header,
    event_type: 'flow',
    app_proto: 'tls',
    flow: {
      pkts_toserver: packets,
      pkts_toclient: packets + 1,
      bytes_toserver: packets * 90,
      bytes_toclient: packets * 900,
      start: stampOf(startMicros),
      end: stampOf(index * kStepMicros),
      age: seconds,
      state: 'closed',
      reason: 'timeout',
      alerted: false,
    },
    tcp: {
      tcp_flags: '1b',
      tcp_flags_ts: '1b',
      tcp_flags_tc: '1b',
      syn: true,
      fin: true,
      psh: true,
      ack: true,
      state: 'closed',
    },
    netmoth: { schema: 1, flow_state: 'CLOSED', domain, confidence: 'high' },
  };
}

function dnsOf(
  header: object,
  { random, domain, server }: { random: FlowInput['random']; domain: string; server: string },
): object {
  const answer = random(2) === 1;
  const id = random(65_536);
  const common = { id, rrname: domain, rrtype: 'A', tx_id: 0, opcode: 0 };
  const dns = answer
    ? {
        version: 2,
        type: 'answer',
        ...common,
        flags: '8180',
        qr: true,
        rd: true,
        ra: true,
        rcode: 'NOERROR',
        answers: [{ rrname: domain, rrtype: 'A', ttl: 300, rdata: server }],
        grouped: { A: [server] },
      }
    : { type: 'query', ...common };
  return { ...header, event_type: 'dns', dns, netmoth: { schema: 1 } };
}

function tlsOf(header: object, domain: string): object {
  return {
    ...header,
    event_type: 'tls',
    tls: {
      version: 'TLS 1.3',
      sni: domain,
      ja3: {
        hash: '771a0b2c3d4e5f60718293a4b5c6d7e8',
        string: '771,4865-4866-4867,0-23-65281,29-23-24,0',
      },
      ja3s: { hash: 'f4febc55ea12b31ae17cfb7e614afda8', string: '771,4865,43-51' },
      ja4: 't13d1516h2_8daaf6152771_02713d6af862',
    },
    netmoth: { schema: 1 },
  };
}

function httpOf(
  header: object,
  { random, domain }: { random: FlowInput['random']; domain: string },
): object {
  return {
    ...header,
    event_type: 'http',
    http: {
      hostname: domain,
      url: `/path/${random(100_000)}/index.html?q=${random(1000)}`,
      http_user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
      http_content_type: 'text/html',
      http_method: 'GET',
      protocol: 'HTTP/1.1',
      status: 200,
      length: random(100_000),
    },
    netmoth: { schema: 1 },
  };
}
