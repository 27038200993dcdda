/** EVE events of a generated network, as sensors send them, without the fields that nothing here reads. */

export type Event = Record<string, unknown> & { readonly event_type: string };

export interface FlowOf {
  readonly src: string;
  readonly dest: string;
  readonly port: number;
  readonly startMs: number;
  readonly seconds?: number;
  readonly proto?: 'TCP' | 'UDP';
  readonly out?: number;
  readonly into?: number;
  readonly domain?: string;
  readonly app?: string;
  /** syn: nobody answered; reset: refused; probe: answered, and nothing sent; data: a conversation. */
  readonly how?: 'syn' | 'reset' | 'probe' | 'data';
}

export function stamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000+0000`;
}

export function flowEvent(of: FlowOf): Event {
  const { src, dest, port, startMs, seconds = 1, proto = 'TCP', how = 'data', domain, app } = of;
  const { out = 3_000, into = 30_000 } = of;
  const bytes = { syn: [60, 0], reset: [60, 54], probe: [180, 60], data: [out, into] }[how];
  const packets = { syn: [1, 0], reset: [1, 1], probe: [3, 1], data: [12, 20] }[how];
  const flags = {
    ...{ syn: ['02', '00'], reset: ['02', '14'], probe: ['16', '12'], data: ['1b', '1b'] },
    data: ['1b', '1b'],
  }[how];
  const end = stamp(startMs + seconds * 1_000);
  return {
    timestamp: end,
    event_type: 'flow',
    ...{ src_ip: src, src_port: 40_000, dest_ip: dest, dest_port: port, proto },
    ...(app === undefined ? {} : { app_proto: app }),
    flow: {
      ...{ pkts_toserver: packets[0], pkts_toclient: packets[1] },
      ...{ bytes_toserver: Math.round(bytes[0] ?? 0), bytes_toclient: Math.round(bytes[1] ?? 0) },
      ...{ start: stamp(startMs), end, age: Math.round(seconds), alerted: false },
      ...{ state: how === 'data' ? 'closed' : 'new', reason: 'timeout' },
    },
    ...(proto === 'TCP' ? { tcp: { tcp_flags_ts: flags[0], tcp_flags_tc: flags[1] } } : {}),
    netmoth: { schema: 1, ...(domain === undefined ? {} : { domain }) },
  };
}

export function dnsEvent(of: {
  readonly src: string;
  readonly name: string;
  readonly ms: number;
  readonly type?: string;
  /** An answer with this code; a question without one. */
  readonly rcode?: string;
}): Event {
  const { src, name, ms, type = 'A', rcode } = of;
  return {
    timestamp: stamp(ms),
    event_type: 'dns',
    ...{ src_ip: src, src_port: 40_001, dest_ip: '10.0.0.2', dest_port: 53, proto: 'UDP' },
    dns: {
      ...{ type: rcode === undefined ? 'query' : 'answer', id: 1, rrname: name, rrtype: type },
      ...(rcode === undefined ? {} : { rcode }),
    },
  };
}

export function otherEvent(
  type: string,
  ends: { readonly src: string; readonly dest: string; readonly port: number; readonly ms: number },
  body: object,
  netmoth: object = {},
): Event {
  return {
    timestamp: stamp(ends.ms),
    event_type: type,
    ...{ src_ip: ends.src, src_port: 40_002, dest_ip: ends.dest, dest_port: ends.port },
    proto: 'TCP',
    [type]: body,
    netmoth: { schema: 1, ...netmoth },
  };
}
