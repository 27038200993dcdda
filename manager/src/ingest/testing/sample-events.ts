// One event of every type as sensors send it, for tests. Invariant: each is valid by contracts/src/eve.ts
// (sample-events.test.ts).

export type Sample = Record<string, unknown> & { event_type: string };

const header = {
  timestamp: '2026-11-20T14:32:15.123456+0000',
  flow_id: 1_234_567_890_123,
  src_ip: '192.168.1.50',
  src_port: 50_000,
  dest_ip: '93.184.216.34',
  dest_port: 443,
  proto: 'TCP',
  ip_v: 4,
  app_proto: 'tls',
  community_id: '1:LQU9qZlK+B5F3KDmev6m5PMibrg=',
  netmoth: { schema: 1 },
} as const;

export const SAMPLES = {
  flow: {
    ...header,
    event_type: 'flow',
    flow: {
      pkts_toserver: 10,
      pkts_toclient: 12,
      bytes_toserver: 1_000,
      bytes_toclient: 20_000,
      start: '2026-11-20T14:31:00.000001+0000',
      end: '2026-11-20T14:32:14.999999+0000',
      age: 74,
      state: 'closed',
      reason: 'timeout',
      alerted: false,
    },
    netmoth: { schema: 1, flow_state: 'CLOSED' },
  },
  dns: {
    ...header,
    event_type: 'dns',
    dns: {
      version: 2,
      type: 'answer',
      id: 7,
      rrname: 'www.Example.org',
      rrtype: 'A',
      rcode: 'NOERROR',
      answers: [
        { rrname: 'www.example.org', rrtype: 'CNAME', ttl: 60, rdata: 'example.org' },
        { rrname: 'example.org', rrtype: 'A', ttl: 60, rdata: '93.184.216.34' },
        { rrname: 'nas.lan', rrtype: 'A', ttl: 60, rdata: '192.168.1.60' },
      ],
    },
  },
  tls: {
    ...header,
    event_type: 'tls',
    tls: {
      version: 'TLS 1.2',
      sni: 'www.example.org',
      subject: 'CN=www.example.org',
      issuerdn: 'CN=Example CA',
      serial: '01:02',
      fingerprint: '00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33',
      notbefore: '2026-01-01T00:00:00',
      notafter: '2027-01-01T00:00:00',
      subjectaltname: ['www.example.org', 'example.org'],
      ja3: { hash: 'a'.repeat(32), string: '771,1' },
      ja3s: { hash: 'b'.repeat(32), string: '771,1' },
      ja4: 't13d1516h2_8daaf6152771_02713d6af862',
    },
  },
  http: {
    ...header,
    event_type: 'http',
    http: {
      hostname: 'www.example.org',
      url: '/a?b=ü',
      http_user_agent: 'moth/1',
      http_content_type: 'text/html',
      http_method: 'GET',
      protocol: 'HTTP/1.1',
      status: 200,
      length: 512,
    },
  },
  alert: {
    ...header,
    event_type: 'alert',
    alert: {
      action: 'allowed',
      gid: 1,
      signature_id: 2_001_219,
      rev: 3,
      signature: 'ET SCAN Potential SSH Scan',
      category: 'Attempted Information Leak',
      severity: 2,
    },
  },
  anomaly: {
    ...header,
    event_type: 'anomaly',
    anomaly: { type: 'decode', event: 'decoder.ipv4.trunc_pkt' },
  },
  quic: {
    ...header,
    flow_id: 2,
    event_type: 'quic',
    quic: { version: '1', sni: 'quic.example.org' },
  },
  dhcp: {
    ...header,
    event_type: 'dhcp',
    src_ip: '192.168.1.1',
    dest_ip: '192.168.1.77',
    dhcp: {
      type: 'reply',
      id: 9,
      client_mac: '02:00:00:AA:bb:cc',
      assigned_ip: '192.168.1.77',
      dhcp_type: 'ack',
      hostname: 'Printer',
      lease_time: 3600,
    },
  },
  mdns: { ...header, event_type: 'mdns', mdns: { type: 'response' } },
  fileinfo: {
    ...header,
    event_type: 'fileinfo',
    fileinfo: { filename: '/a', state: 'CLOSED', stored: false, size: 5 },
  },
  stats: {
    timestamp: header.timestamp,
    event_type: 'stats',
    stats: {
      uptime: 1,
      capture: { kernel_packets: 1, kernel_drops: 0 },
      decoder: { pkts: 1, bytes: 60, invalid: 0 },
      flow: { total: 1, active: 1, evicted: 0 },
    },
  },
} satisfies Record<string, Sample>;

export const line = (event: unknown): string => JSON.stringify(event);

/** The sample with other header fields. */
export function sample(type: keyof typeof SAMPLES, change: Record<string, unknown> = {}): Sample {
  return { ...SAMPLES[type], ...change };
}
