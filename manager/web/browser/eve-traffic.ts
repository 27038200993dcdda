// The traffic that the browser tests look at: EVE events of a small home network, checked against the
// contract. Invariant: the same for the same clock, so a test can name what it expects to see.
import { type EveEvent, eveEventSchema } from '#contracts/eve.ts';

export const LAPTOP = '192.168.1.50';
export const PRINTER = '192.168.1.77';
export const RESOLVER = '192.168.1.1';
export const SITE = { name: 'www.example.org', ip: '93.184.216.34' } as const;
export const SIGNATURE = 'Netmoth test: many ports from one host';
export const ANOMALY = 'decoder.ipv4.trunc_pkt';
export const JA4 = 't13d1516h2_8daaf6152771_e5627efa2ab1';
/** More than one page of the list. */
export const FLOWS = 130;
const STEP_MS = 20_000;

const SITES = [
  SITE,
  { name: 'api.example.com', ip: '198.51.100.20' },
  { name: 'mirror.example.net', ip: '203.0.113.7' },
  {
    name: 'a-long-name-that-does-not-fit.in-one-line.of-a-narrow-table.example.org',
    ip: '2001:db8::9',
  },
] as const;

const stamp = (ms: number) => new Date(ms).toISOString().replace('Z', '000+0000');

/** Events of the last three quarters of an hour before `nowMs`. */
export function eveTraffic(nowMs: number): readonly EveEvent[] {
  const events: unknown[] = [];
  for (let index = 0; index < FLOWS; index += 1) {
    const ms = nowMs - 30_000 - index * STEP_MS;
    const site = SITES[index % SITES.length] ?? SITE;
    const encrypted = index % 3 !== 0;
    const head = {
      timestamp: stamp(ms),
      flow_id: 7_000_000 + index,
      in_iface: 'eth0',
      src_ip: index % 5 === 4 ? PRINTER : LAPTOP,
      src_port: 40_000 + index,
      dest_ip: site.ip,
      dest_port: encrypted ? 443 : 80,
      proto: 'TCP',
      app_proto: encrypted ? 'tls' : 'http',
      community_id: `1:${Buffer.from(`flow ${index}`.padEnd(20, '.')).toString('base64')}`,
    };
    events.push(dnsAnswer(head, site, ms));
    events.push(encrypted ? tls(head, site.name) : http(head, site.name, index));
    events.push(flow(head, site.name, index, ms));
    if (index % 13 === 5) events.push(alert(head, index));
    if (index % 11 === 2)
      events.push({ ...head, event_type: 'anomaly', anomaly: { type: 'decode', event: ANOMALY } });
  }
  return events.map((event) => eveEventSchema.parse(event));
}

type Head = Readonly<Record<string, unknown>>;

function flow(head: Head, domain: string, index: number, ms: number): unknown {
  return {
    ...head,
    event_type: 'flow',
    flow: {
      pkts_toserver: 10 + index,
      pkts_toclient: 20 + index,
      bytes_toserver: 4_000 + index * 900,
      bytes_toclient: 60_000 + (index % 17) * 90_000,
      start: stamp(ms),
      end: stamp(ms + 4_200),
      age: 4,
      state: 'closed',
      reason: 'timeout',
      alerted: index % 13 === 5,
    },
    netmoth: { schema: 1, flow_state: 'CLOSED', domain },
  };
}

function dnsAnswer(head: Head, site: { name: string; ip: string }, ms: number): unknown {
  return {
    ...head,
    timestamp: stamp(ms - 50),
    flow_id: Number(head['flow_id']) + 1_000_000,
    event_type: 'dns',
    src_ip: RESOLVER,
    src_port: 53,
    dest_ip: head['src_ip'],
    dest_port: head['src_port'],
    proto: 'UDP',
    app_proto: 'dns',
    dns: {
      version: 2,
      type: 'answer',
      id: 4711,
      rcode: 'NOERROR',
      rrname: site.name,
      rrtype: site.ip.includes(':') ? 'AAAA' : 'A',
      answers: [{ rrname: site.name, rrtype: 'A', ttl: 300, rdata: site.ip }],
    },
  };
}

function tls(head: Head, sni: string): unknown {
  return {
    ...head,
    event_type: 'tls',
    tls: {
      version: 'TLS 1.3',
      sni,
      ja3: { hash: 'e7d705a3286e19ea42f587b344ee6865', string: '771,4865,0,29,0' },
      ja4: JA4,
    },
  };
}

function http(head: Head, hostname: string, index: number): unknown {
  return {
    ...head,
    event_type: 'http',
    http: {
      hostname,
      url: `/page/${index}`,
      http_method: 'GET',
      http_user_agent: 'moth/1.0',
      status: index % 2 === 0 ? 200 : 404,
      length: 1_256,
    },
  };
}

function alert(head: Head, index: number): unknown {
  return {
    ...head,
    event_type: 'alert',
    alert: {
      action: 'allowed',
      gid: 1,
      signature_id: 2_000_001,
      rev: 1,
      signature: SIGNATURE,
      category: 'Attempted Information Leak',
      severity: 1 + (index % 3),
    },
  };
}
