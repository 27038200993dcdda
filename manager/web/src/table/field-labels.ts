// How the fields of rows are called and printed in the details. A field that is not named here is shown
// under its own name, so nothing is ever left out.
import { formatBytes, formatExact } from '../format/quantity.ts';

const LABELS: Readonly<Record<string, string>> = {
  time: 'Time',
  end: 'End',
  src_ip: 'Source',
  src_port: 'Source port',
  dest_ip: 'Destination',
  dest_port: 'Destination port',
  proto: 'Protocol',
  app_proto: 'Application',
  community_id: 'Community id',
  kubernetes: 'Kubernetes',
  flow_id: 'Flow id',
  state: 'State',
  reason: 'End reason',
  flow_state: 'Flow state',
  pkts_toserver: 'Packets to server',
  pkts_toclient: 'Packets to client',
  bytes_toserver: 'Bytes to server',
  bytes_toclient: 'Bytes to client',
  domain: 'Domain',
  country: 'Country',
  alerted: 'Alerted',
  asn: 'Autonomous system',
  asn_name: 'Network name',
  lists: 'On lists',
  traffic_type: 'Kind of traffic',
  traffic_rule: 'Kind by rule',
  type: 'Type',
  rrname: 'Name',
  rrtype: 'Record type',
  rcode: 'Answer code',
  answers: 'Answers',
  version: 'Version',
  sni: 'Server name',
  subject: 'Subject',
  issuerdn: 'Issuer',
  fingerprint: 'SHA-1',
  notbefore: 'Valid from',
  notafter: 'Valid until',
  ja3: 'JA3',
  ja3s: 'JA3S',
  ja4: 'JA4',
  hostname: 'Host',
  url: 'URL',
  http_method: 'Method',
  status: 'Status',
  http_user_agent: 'User agent',
  http_content_type: 'Content type',
  length: 'Body length',
  signature_id: 'Signature id',
  signature: 'Signature',
  category: 'Category',
  severity: 'Severity',
  action: 'Action',
  event: 'Event',
  last_time: 'Last seen',
  parts: 'Reasons',
  repeats: 'Hours',
  score: 'Score',
  summary: 'What happened',
  sensor: 'Sensor',
  node: 'Node',
  id: 'Row id',
};

const BYTES = new Set(['bytes_toserver', 'bytes_toclient', 'length']);
const COUNTS = new Set(['pkts_toserver', 'pkts_toclient']);
const MONO = new Set([
  'src_ip',
  'dest_ip',
  'community_id',
  'flow_id',
  'fingerprint',
  'ja3',
  'ja3s',
  'ja4',
  'url',
  'id',
]);

export const fieldLabel = (field: string): string => LABELS[field] ?? field;
export const isMonoField = (field: string): boolean => MONO.has(field);

export function fieldText(field: string, value: unknown): string {
  if (typeof value === 'number' && BYTES.has(field)) {
    return value < 1000 ? formatBytes(value) : `${formatBytes(value)} (${formatExact(value)})`;
  }
  if (typeof value === 'number' && COUNTS.has(field)) return formatExact(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(String).join('\n');
  return typeof value === 'string' || typeof value === 'number'
    ? String(value)
    : JSON.stringify(value);
}

/** Where a row comes from and how it is numbered matters least. */
const LAST = ['flow_id', 'sensor', 'node', 'id'];

/** Fields that carry something, in the order in which the row has them, those of LAST at the end. */
export function shownFields(row: object): readonly (readonly [string, unknown])[] {
  const fields = Object.entries(row).filter(
    // Reasons are a table of their own.
    ([field, value]) =>
      field !== 'parts' &&
      value !== null &&
      value !== '' &&
      !(Array.isArray(value) && value.length === 0),
  );
  const last = (field: string) => LAST.indexOf(field);
  return fields.toSorted(([a], [b]) => last(a) - last(b));
}
