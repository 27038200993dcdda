// The filters of each list: the key the manager knows, how people call it, and which texts look like
// it. Invariant: keys are the contract's query parameters; an unknown one does not compile.
import type { FilterKey, ListName } from '../api/contract.ts';

export interface Filter<Key extends string = string> {
  readonly key: Key;
  readonly label: string;
  readonly matches: (text: string) => boolean;
}

const isAddress = (text: string) =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(text) || /^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text);
const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
const isNumber = (text: string) => /^\d{1,16}$/.test(text);
const isName = (text: string) =>
  /^[a-z0-9_*-][a-z0-9._*-]*$/i.test(text) && /[a-z]/i.test(text) && !isAddress(text);
const isWord = (text: string) => /^[a-z][a-z0-9 ._-]*$/i.test(text);
const isCommunityId = (text: string) => /^\d:\S{4,}$/.test(text);
const isMd5 = (text: string) => /^[0-9a-f]{32}$/i.test(text);
const isJa4 = (text: string) => /^[tqd]\w{9}_/.test(text);
const isStatus = (text: string) => /^[1-5]\d\d$/.test(text);
const isSeverity = (text: string) => /^[1-4]$/.test(text);
const isRrtype = (text: string) =>
  /^(a|aaaa|cname|mx|ns|txt|ptr|srv|soa|https|svcb|any)$/i.test(text);
const isRcode = (text: string) => /^(noerror|nxdomain|servfail|refused|formerr)$/i.test(text);
const isMethod = (text: string) => /^(get|post|put|head|delete|options|connect|patch)$/i.test(text);
const isLayer = (text: string) => /^(decode|stream|applayer|behaviour)$/i.test(text);
const isFindingStatus = (text: string) => /^(open|acknowledged|normal)$/.test(text);
const isScore = (text: string) => /^>=?\d{1,3}$/.test(text);
const isProto = (text: string) => /^(tcp|udp|icmp|ipv6-icmp|sctp)$/i.test(text);
const isTlsVersion = (text: string) => /^(tls|ssl)/i.test(text);

const device = { key: 'device', label: 'Address', matches: isAddress } as const;
const common = [
  { key: 'sensor', label: 'Sensor', matches: isWord },
  { key: 'node', label: 'Node', matches: isWord },
  {
    key: 'flow_id',
    label: 'Flow id',
    matches: (text: string) => isNumber(text) && text.length > 6,
  },
] as const;

export const FILTERS: { readonly [N in ListName]: readonly Filter<FilterKey<N>>[] } = {
  flows: [
    device,
    { key: 'community_id', label: 'Community id', matches: isCommunityId },
    { key: 'port', label: 'Port', matches: isPort },
    { key: 'proto', label: 'Protocol', matches: isProto },
    { key: 'domain', label: 'Domain', matches: isName },
    { key: 'app_proto', label: 'Application', matches: isWord },
    { key: 'src_ip', label: 'Source', matches: isAddress },
    { key: 'dest_ip', label: 'Destination', matches: isAddress },
    ...common,
  ],
  dns: [
    device,
    { key: 'rrtype', label: 'Record type', matches: isRrtype },
    { key: 'rcode', label: 'Answer code', matches: isRcode },
    { key: 'rrname', label: 'Name', matches: isName },
    ...common,
  ],
  tls: [
    device,
    { key: 'ja4', label: 'JA4', matches: isJa4 },
    { key: 'ja3', label: 'JA3', matches: isMd5 },
    { key: 'version', label: 'Version', matches: isTlsVersion },
    { key: 'sni', label: 'Server name', matches: isName },
    ...common,
  ],
  http: [
    device,
    { key: 'status', label: 'Status', matches: isStatus },
    { key: 'method', label: 'Method', matches: isMethod },
    { key: 'hostname', label: 'Host', matches: isName },
    ...common,
  ],
  alerts: [
    device,
    { key: 'severity', label: 'Severity', matches: isSeverity },
    { key: 'signature_id', label: 'Signature id', matches: isNumber },
    ...common,
  ],
  anomalies: [
    device,
    { key: 'type', label: 'Layer', matches: isLayer },
    { key: 'status', label: 'Status', matches: isFindingStatus },
    { key: 'min_score', label: 'Score at least', matches: isScore },
    { key: 'event', label: 'Event', matches: isWord },
    ...common,
  ],
  devices: [{ key: 'search', label: 'Address, name or MAC', matches: (text) => text !== '' }],
};

/** Row fields whose filter has another name. */
const ALIASES: Readonly<Record<string, string>> = {
  src_ip: 'device',
  dest_ip: 'device',
  src_port: 'port',
  dest_port: 'port',
  http_method: 'method',
};

/** The filter that a click on a field's value sets, where the list has one. */
export function filterKeyOf(list: ListName, field: string): string | undefined {
  const key = ALIASES[field] ?? field;
  return FILTERS[list].some((filter) => filter.key === key) ? key : undefined;
}

export interface Suggestion {
  readonly key: string;
  readonly label: string;
  readonly value: string;
}

/** What a typed text may mean: `key:value` said outright, else every filter it looks like. */
export function suggest(list: ListName, text: string): readonly Suggestion[] {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  const filters = FILTERS[list];
  const said = /^([a-z0-9_]+):(.+)$/i.exec(trimmed);
  const named = filters.find(({ key }) => key === said?.[1]?.toLowerCase());
  if (named !== undefined) {
    return [{ key: named.key, label: named.label, value: (said?.[2] ?? '').trim() }];
  }
  return filters
    .filter(({ matches }) => matches(trimmed))
    .map(({ key, label }) => ({ key, label, value: trimmed }));
}
