/**
 * Notices, while events pass, what is worth telling by itself (detectors/notes.ts makes findings of it).
 *
 * Invariant: nothing secret is kept: of a password only that there was one; what events say is text that PostgreSQL
 * takes. Bounds: MAX_NOTES an hour and subject, kMaxAboutChars and kMaxDetailChars of each.
 */
import { parseIp } from '#manager/enrich/ip-address.ts';
import { cleanText, type Json } from '#manager/ingest/event-fields.ts';
import type { FlowFacts } from '#manager/ingest/flow-facts.ts';
import type { Instant } from '#manager/store/binary-rows.ts';
import { isMiningPool } from './known-names.ts';
import { type EventEnds, MAX_NOTES, type SubjectHour, within } from './subject-hour.ts';

/** Stratum's customary ports, which nothing else of weight uses. */
const MINING_PORTS: ReadonlySet<number> = new Set([3333, 4444, 5555, 7777, 14433, 14444, 45700]);
const TOR_PORTS: ReadonlySet<number> = new Set([9001, 9030]);
/** Protocols that show who logs in to whoever listens. */
const CLEAR_LOGINS: ReadonlySet<unknown> = new Set(['telnet', 'rlogin', 'rsh', 'rexec']);
const SECRET_IN_URL = /[?&;](password|passwd|pwd|pass)=[^&]/i;
const TOR_NAME = /^www\.[a-z2-7]{8,25}\.(com|net)$/;
const kMinMiningSeconds = 60;
const kMaxAboutChars = 256;
const kMaxDetailChars = 128;

interface Seen {
  readonly kind: string;
  readonly about: string;
  readonly detail: string;
  readonly seconds: number;
}

function note(subject: SubjectHour, { kind, about: said, detail, seconds }: Seen): void {
  const about = cleanText(said.slice(0, kMaxAboutChars));
  const key = `${kind} ${about}`;
  const known = within(subject, subject.notes, MAX_NOTES, key, () => ({
    ...{ kind, about, detail: cleanText(detail.slice(0, kMaxDetailChars)), count: 0 },
    ...{ firstSeconds: seconds, lastSeconds: seconds },
  }));
  if (known === undefined) return;
  known.count += 1;
  known.firstSeconds = Math.min(known.firstSeconds, seconds);
  known.lastSeconds = Math.max(known.lastSeconds, seconds);
}

/** `source` is the sensor and node that saw it. */
export function noteFlow(subject: SubjectHour, event: Json, flow: FlowFacts, source: string): void {
  const port = event['dest_port'] as number;
  const { dest, domain, bytesToClient, application } = flow;
  const seconds = flow.end.seconds;
  const peer = String(event['dest_ip']);
  if (CLEAR_LOGINS.has(event['app_proto']) && bytesToClient > 0) {
    const detail = `a log-in by ${String(event['app_proto'])}`;
    note(subject, { kind: 'cleartext_credentials', about: peer, detail, seconds });
  }
  if (dest?.home !== false || bytesToClient === 0) return;
  const lasting = seconds - flow.start.seconds >= kMinMiningSeconds;
  if (domain !== null && isMiningPool(domain)) {
    note(subject, { kind: 'crypto_mining', about: domain, detail: `port ${port}`, seconds });
  } else if (MINING_PORTS.has(port) && lasting && unknownProtocol(event) && domain === null) {
    note(subject, {
      kind: 'crypto_mining',
      about: peer,
      detail: `port ${port}, a long flow of no known protocol`,
      seconds,
    });
  }
  const torName = domain !== null && TOR_NAME.test(domain) && TOR_PORTS.has(port);
  if (
    application.toLowerCase() === 'tor' ||
    torName ||
    (TOR_PORTS.has(port) && event['app_proto'] === 'tls' && domain === null)
  ) {
    note(subject, {
      kind: 'tor',
      about: peer,
      detail: torName ? `asked for ${domain}` : `port ${port}`,
      seconds,
    });
  }
  if (event['app_proto'] === 'socks') {
    note(subject, { kind: 'open_proxy', about: peer, detail: 'SOCKS', seconds });
  }
  noteMacs(subject, event, seconds, source);
}

function unknownProtocol(event: Json): boolean {
  const name = event['app_proto'];
  return name === undefined || name === 'failed' || name === 'unknown' || name === 'jsonrpc';
}

export function noteEvent(
  subject: SubjectHour,
  type: string,
  event: Json,
  at: Instant,
  ends: EventEnds,
): void {
  const body = event[type] as Json | undefined;
  if (body === undefined || body === null) return;
  const { seconds } = at;
  const peer = String(event['dest_ip']);
  switch (type) {
    case 'ftp':
      if (body['command'] === 'PASS') {
        note(subject, { kind: 'cleartext_credentials', about: peer, detail: 'FTP PASS', seconds });
      }
      return;
    case 'http':
      noteHttp(subject, body, { peer, seconds, outside: ends.dest?.home === false });
      return;
    case 'tls':
      noteCertificate(subject, event, body, { peer, seconds });
  }
}

function noteHttp(
  subject: SubjectHour,
  http: Json,
  {
    peer,
    seconds,
    outside,
  }: { readonly peer: string; readonly seconds: number; readonly outside: boolean },
): void {
  const url = http['url'];
  if (typeof url === 'string' && SECRET_IN_URL.test(url)) {
    const about = typeof http['hostname'] === 'string' ? http['hostname'] : peer;
    note(subject, {
      kind: 'cleartext_credentials',
      about,
      detail: 'in the query of an HTTP request',
      seconds,
    });
  }
  if (!outside) return;
  const isConnect = http['http_method'] === 'CONNECT';
  if (isConnect || (typeof url === 'string' && /^https?:\/\//i.test(url))) {
    note(subject, {
      kind: 'open_proxy',
      about: peer,
      detail: isConnect ? 'HTTP CONNECT' : 'HTTP with whole URLs',
      seconds,
    });
  }
}

function noteCertificate(
  subject: SubjectHour,
  event: Json,
  tls: Json,
  { peer, seconds }: { readonly peer: string; readonly seconds: number },
): void {
  const faults = (event['netmoth'] as Json | undefined)?.['certificate'];
  if (!Array.isArray(faults) || faults.length === 0) return;
  const about = typeof tls['sni'] === 'string' ? tls['sni'] : peer;
  const detail = faults.map((each) => String(each).replaceAll('_', ' ')).join(', ');
  note(subject, { kind: 'certificate', about, detail, seconds });
}

/** Which servers gave the subject its address; its memory says whether that is one too many. */
export function noteDhcp(subject: SubjectHour, server: string, seconds: number): void {
  if (parseIp(server) === undefined) return;
  note(subject, { kind: 'dhcp_server', about: server, detail: '', seconds });
}

/**
 * Where the sensor writes hardware addresses: from which ones the subject sent, by where that was seen. On the other
 * side of a router the same address has the router's.
 */
function noteMacs(subject: SubjectHour, event: Json, seconds: number, source: string): void {
  const ether = event['ether'] as Json | undefined;
  if (ether === undefined || ether === null) return;
  const macs = Array.isArray(ether['src_macs']) ? ether['src_macs'] : [ether['src_mac']];
  const place = `${source} ${String(event['in_iface'] ?? '')} ${String(event['vlan'] ?? '')}`;
  for (const mac of macs) {
    if (typeof mac !== 'string') continue;
    note(subject, { kind: 'mac', about: `${mac.toLowerCase()} ${place}`, detail: '', seconds });
  }
}
