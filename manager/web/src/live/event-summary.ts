// One line that says what an EVE event is about. Invariant: reads defensively, since an event may come
// from a newer sensor: a field that is missing is left out, an unknown type shows its own fields.
import type { LiveEvent } from '../api/contract.ts';
import { formatEndpoint } from '../format/endpoint.ts';
import { formatBytes } from '../format/quantity.ts';

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (event: LiveEvent, name: string): Fields => {
  const value = (event as Fields)[name];
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
};
const words = (...parts: readonly unknown[]) =>
  parts.filter((part) => typeof part === 'string' || typeof part === 'number').join(' ');
const number = (value: unknown) => (typeof value === 'number' ? value : 0);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown) => (typeof value === 'string' ? value : null);

export function eventSummary(event: LiveEvent): string {
  const body = fieldsOf(event, event.event_type);
  switch (event.event_type) {
    case 'flow': {
      const bytes = formatBytes(number(body['bytes_toserver']) + number(body['bytes_toclient']));
      return words((event as Fields)['app_proto'], bytes, body['state'], body['reason']);
    }
    case 'dns':
    case 'mdns': {
      const asked = (body['queries'] as readonly Fields[] | undefined)?.[0];
      return words(
        body['type'],
        body['rrtype'] ?? asked?.['rrtype'],
        body['rrname'] ?? asked?.['rrname'],
        body['rcode'],
      );
    }
    case 'tls':
    case 'quic':
      return words(body['version'], body['sni'] ?? body['subject'], body['ja4']);
    case 'http': {
      const target = `${text(body['hostname']) ?? ''}${text(body['url']) ?? ''}`;
      return words(body['http_method'], target, body['status']);
    }
    case 'alert':
      return words(body['signature'], body['category']);
    case 'anomaly':
      return words(body['type'], body['event']);
    case 'dhcp':
      return words(body['dhcp_type'], body['assigned_ip'], body['hostname'], body['client_mac']);
    case 'fileinfo':
      return words(body['filename'], formatBytes(number(body['size'])), body['state']);
    case 'stats':
      return words('uptime', body['uptime'], 's');
    case 'ssh': {
      const software = (end: string) => (body[end] as Fields | undefined)?.['software_version'];
      return words(software('client'), '→', software('server'));
    }
    case 'smtp':
      return words(body['helo'], body['mail_from'], '→', ...listOf(body['rcpt_to']));
    case 'ftp':
      return words(body['command'], body['command_data'], ...listOf(body['completion_code']));
    case 'ftp_data':
      return words(body['command'], body['filename']);
    case 'snmp':
      return words('v', body['version'], body['pdu_type'], body['community']);
    case 'sip':
      return words(body['method'] ?? body['code'], body['uri'] ?? body['reason']);
    case 'mqtt':
      return words(...Object.keys(body));
    case 'dhcpv6':
      return words(body['type'], body['hostname']);
    case 'krb5':
      return words(body['msg_type'], body['error_code'], body['cname'], '→', body['sname']);
    case 'packet':
      return words('tagged', fieldsOf(event, 'packet_info')['linktype_name']);
    case 'ntp':
      return words('v', body['version'], body['mode'], body['reference_id']);
  }
}

/** "192.0.2.1:5353 → 192.0.2.2:53", or nothing where the event has no ends. */
export function eventEnds(event: LiveEvent): string {
  const fields = event as Fields;
  const end = (ip: unknown, port: unknown) =>
    formatEndpoint(text(ip), typeof port === 'number' ? port : null);
  if (text(fields['src_ip']) === null) return '';
  return `${end(fields['src_ip'], fields['src_port'])} → ${end(fields['dest_ip'], fields['dest_port'])}`;
}
