/**
 * Which event goes into which table, and how its columns are made of it.
 *
 * Invariant: each table's `columns` name its fields in the order in which `put` writes them, after the
 * columns that all tables begin with (HEADER_COLUMNS).
 */
import { type BinaryRows, encodeField } from '#manager/store/binary-rows.ts';
import {
  boolean,
  integer,
  type Json,
  object,
  optionalObject,
  putInt4,
  putInt8,
  putJson,
  putName,
  putRequired,
  putText,
  putTexts,
  required,
  text,
  time,
} from './event-fields.ts';
import type { FlowFacts } from './flow-facts.ts';

export const HEADER_COLUMNS: readonly string[] = [
  'id',
  'time',
  'flow_id',
  'stored_on',
  'src_port',
  'dest_port',
  'src_ip',
  'dest_ip',
  'sensor',
  'node',
  'proto',
  'app_proto',
  'community_id',
  'kubernetes',
];

/** An event on its way: as parsed, as it came, and for a flow what enriching found. */
export interface EventSource {
  readonly event: Json;
  readonly line: string;
  readonly type: string;
  readonly flow: FlowFacts | undefined;
}

export interface EventTable {
  readonly table: string;
  readonly columns: readonly string[];
  put(rows: BinaryRows, source: EventSource): void;
}

/** Words of small vocabularies, encoded once. Bounded by what is written here. */
const WORDS = new Map(
  'none new established closed bypassed timeout forced shutdown tcp_reuse NEW SYN_SENT ESTABLISHED ACTIVE CLOSING CLOSED query answer request response A AAAA PTR TXT MX NS CNAME SOA SRV HTTPS NOERROR NXDOMAIN SERVFAIL GET POST HEAD HTTP/1.1 TCP UDP ICMP IPv6-ICMP SCTP dns tls http quic dhcp mdns ssh ntp failed'
    .split(' ')
    .map((word) => [word, encodeField((rows) => rows.text(word))]),
);

/** A text that is usually one of WORDS. */
export function putWord(rows: BinaryRows, value: unknown, path: string): void {
  const word = typeof value === 'string' ? WORDS.get(value) : undefined;
  if (word === undefined) putText(rows, value, path);
  else rows.encoded(word);
}

const flows: EventTable = {
  table: 'flows',
  columns: [
    'end',
    'pkts_toserver',
    'pkts_toclient',
    'bytes_toserver',
    'bytes_toclient',
    'alerted',
    'state',
    'reason',
    'flow_state',
    'application',
    'domain',
    'country',
    'asn',
    'asn_name',
    'traffic_type',
    'traffic_rule',
  ],
  put(rows, { event, flow: facts }) {
    const flow = object(event['flow'], 'flow');
    const netmoth = optionalObject(event['netmoth'], 'netmoth');
    rows.timestamptz(time(flow['end'], 'flow.end'));
    rows.int8(integer(flow['pkts_toserver'], 'flow.pkts_toserver'));
    rows.int8(integer(flow['pkts_toclient'], 'flow.pkts_toclient'));
    rows.int8(integer(flow['bytes_toserver'], 'flow.bytes_toserver'));
    rows.int8(integer(flow['bytes_toclient'], 'flow.bytes_toclient'));
    rows.bool(boolean(flow['alerted'], 'flow.alerted'));
    putWord(rows, text(flow['state'], 'flow.state'), 'flow.state');
    putWord(rows, text(flow['reason'], 'flow.reason'), 'flow.reason');
    putWord(rows, netmoth?.['flow_state'], 'netmoth.flow_state');
    putText(rows, netmoth?.['application'], 'netmoth.application');
    putName(rows, facts?.domain, 'netmoth.domain');
    putText(rows, facts?.country, 'country');
    if (facts?.asn == null) rows.null();
    else rows.int8(facts.asn);
    putText(rows, facts?.organisation, 'asn_name');
    putWord(rows, facts?.traffic.type, 'netmoth.traffic_type');
    putWord(rows, facts?.traffic.rule, 'traffic_rule');
  },
};

const dnsQueries: EventTable = {
  table: 'dns_queries',
  columns: ['type', 'rrname', 'rrtype', 'rcode', 'answers'],
  put(rows, { event }) {
    const dns = object(event['dns'], 'dns');
    const question = firstQuery(dns);
    putWord(rows, text(dns['type'], 'dns.type'), 'dns.type');
    putName(rows, dns['rrname'] ?? question?.['rrname'], 'dns.rrname');
    putWord(rows, dns['rrtype'] ?? question?.['rrtype'], 'dns.rrtype');
    putWord(rows, dns['rcode'], 'dns.rcode');
    putTexts(rows, answersOf(dns), 'dns.answers');
  },
};

/** Version 3 of EVE's dns carries its questions in a list. */
function firstQuery(dns: Json): Json | undefined {
  const queries = dns['queries'];
  return Array.isArray(queries) ? optionalObject(queries[0], 'dns.queries.0') : undefined;
}

/** rdata as text; SOA, SRV and the like are objects in EVE and stay JSON. */
function answersOf(dns: Json): readonly string[] {
  const answers = dns['answers'];
  if (!Array.isArray(answers)) return [];
  const found: string[] = [];
  for (const [index, answer] of answers.entries()) {
    const path = `dns.answers.${index}`;
    const record = object(answer, path);
    const rdata = record['rdata'];
    if (typeof rdata === 'string') found.push(rdata);
    else if (rdata !== undefined && rdata !== null) found.push(JSON.stringify(rdata));
    else {
      const other = record[text(record['rrtype'], `${path}.rrtype`).toLowerCase()];
      if (other !== undefined) found.push(JSON.stringify(other));
    }
  }
  return found;
}

const tlsHandshakes: EventTable = {
  table: 'tls_handshakes',
  columns: [
    'version',
    'sni',
    'subject',
    'issuerdn',
    'serial',
    'fingerprint',
    'notbefore',
    'notafter',
    'subjectaltname',
    'ja3',
    'ja3s',
    'ja4',
  ],
  put(rows, { event }) {
    const tls = object(event['tls'], 'tls');
    putText(rows, tls['version'], 'tls.version');
    putName(rows, tls['sni'], 'tls.sni');
    putText(rows, tls['subject'], 'tls.subject');
    putText(rows, tls['issuerdn'], 'tls.issuerdn');
    putText(rows, tls['serial'], 'tls.serial');
    putText(rows, tls['fingerprint'], 'tls.fingerprint');
    putText(rows, tls['notbefore'], 'tls.notbefore');
    putText(rows, tls['notafter'], 'tls.notafter');
    putTexts(rows, tls['subjectaltname'], 'tls.subjectaltname');
    putText(rows, optionalObject(tls['ja3'], 'tls.ja3')?.['hash'], 'tls.ja3.hash');
    putText(rows, optionalObject(tls['ja3s'], 'tls.ja3s')?.['hash'], 'tls.ja3s.hash');
    putText(rows, tls['ja4'], 'tls.ja4');
  },
};

const httpTransactions: EventTable = {
  table: 'http_transactions',
  columns: [
    'length',
    'status',
    'hostname',
    'url',
    'http_method',
    'protocol',
    'http_user_agent',
    'http_content_type',
    'http_refer',
  ],
  put(rows, { event }) {
    const http = object(event['http'], 'http');
    putInt8(rows, http['length'], 'http.length');
    putInt4(rows, http['status'], 'http.status');
    putName(rows, http['hostname'], 'http.hostname');
    putText(rows, http['url'], 'http.url');
    putWord(rows, http['http_method'], 'http.http_method');
    putWord(rows, http['protocol'], 'http.protocol');
    putText(rows, http['http_user_agent'], 'http.http_user_agent');
    putText(rows, http['http_content_type'], 'http.http_content_type');
    putText(rows, http['http_refer'], 'http.http_refer');
  },
};

const alerts: EventTable = {
  table: 'alerts',
  columns: ['signature_id', 'gid', 'rev', 'severity', 'signature', 'category', 'action', 'event'],
  put(rows, { event, line }) {
    const alert = object(event['alert'], 'alert');
    rows.int8(integer(alert['signature_id'], 'alert.signature_id', Number.MIN_SAFE_INTEGER));
    putInt4(rows, required(alert['gid'], 'alert.gid'), 'alert.gid');
    putInt4(rows, required(alert['rev'], 'alert.rev'), 'alert.rev');
    putInt4(rows, required(alert['severity'], 'alert.severity'), 'alert.severity');
    putRequired(rows, alert['signature'], 'alert.signature');
    putRequired(rows, alert['category'], 'alert.category');
    putRequired(rows, alert['action'], 'alert.action');
    putJson(rows, event, line);
  },
};

const anomalies: EventTable = {
  table: 'anomalies',
  columns: ['type', 'event', 'layer'],
  put(rows, { event }) {
    const anomaly = object(event['anomaly'], 'anomaly');
    putRequired(rows, anomaly['type'], 'anomaly.type');
    putRequired(rows, anomaly['event'], 'anomaly.event');
    putText(rows, anomaly['layer'], 'anomaly.layer');
  },
};

const others: EventTable = {
  table: 'events',
  columns: ['event_type', 'event'],
  put(rows, { event, line, type }) {
    // Each of these types carries an object of its own name.
    object(event[type], type);
    rows.text(type);
    putJson(rows, event, line);
  },
};

const BY_TYPE: ReadonlyMap<string, EventTable> = new Map([
  ['flow', flows],
  ['dns', dnsQueries],
  ['tls', tlsHandshakes],
  ['http', httpTransactions],
  ['alert', alerts],
  ['anomaly', anomalies],
]);

export const EVENT_TABLES: readonly EventTable[] = [...BY_TYPE.values(), others];

/** Types that have no table of their own, known or newer than we are, share `events`. */
export function tableOf(type: string): EventTable {
  return BY_TYPE.get(type) ?? others;
}
