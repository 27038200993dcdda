/**
 * Which keywords of the rule language this program matches, found by trying: a rule with each of them
 * goes through the compiler and into the engine.
 *
 * `node cli/src/testing/keyword-support.ts` prints the table that docs/signatures.md carries (a test
 * compares). Invariant: a keyword is called matched only where the engine has loaded a rule with it.
 */
import type { Countries } from '#signatures/addresses/countries.ts';
import { ReputationBook } from '#signatures/addresses/reputation-book.ts';
import type { Keyword } from '#signatures/keywords/keyword.ts';
import { KEYWORDS } from '#signatures/keywords/table.ts';
import { alertsOf } from './alerts-of.ts';
import { datagram } from './packets.ts';

/** What stands behind the colon, where neither nothing nor a `1` will do. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  msg: '"x"',
  reference: 'url,x.example',
  target: 'src_ip',
  threshold: 'type limit, track by_src, seconds 60, count 1',
  detection_filter: 'track by_src, seconds 60, count 1',
  tag: 'session,1,packets',
  requires: 'version >= 7.0.0',
  metadata: 'a b',
  classtype: 'x',
  flowbits: 'set,x',
  hostbits: 'set,x,src',
  xbits: 'set,x,track ip_src',
  flowint: 'x,+,1',
  flowvar: 'x,y',
  pktvar: 'x,y',
  dataset: 'isset,x,type string',
  datarep: 'x,>,1,type string',
  content: '"a"',
  uricontent: '"a"',
  pcre: '"/a/"',
  byte_test: '1,>,0,0',
  byte_jump: '1,0',
  byte_extract: '1,0,x',
  byte_math: 'bytes 1, offset 0, oper +, rvalue 1, result x',
  entropy: 'value >= 4',
  iprep: 'src,x,>,1',
  flow: 'established',
  flags: 'S',
  fragbits: 'D',
  ipopts: 'rr',
  stream_size: 'client,>,1',
  'flow.pkts': 'both,>1',
  'flow.bytes': 'both,>1',
  'flow.elephant': 'both',
  geoip: 'src,DE',
  l3_proto: 'ipv4',
  replace: '"b"',
  xor: 'ff',
  pcrexform: '"(a)"',
  luaxform: 'x.lua',
  subslice: '0,1',
  frame: 'tls.pdu',
  ip_proto: 'TCP',
  lua: 'x.lua',
  'app-layer-event': 'http.x',
  'app-layer-protocol': 'http',
  'decode-event': 'ipv4.trunc_pkt',
  'stream-event': 'est_invalid_ack',
  'engine-event': 'ipv4.trunc_pkt',
  'http2.settings': 'SETTINGS_ENABLE_PUSH=1',
  'mqtt.flags': 'dup',
  'mqtt.connect.flags': 'username',
  'mqtt.connack.session_present': 'yes',
  'websocket.flags': 'fin',
  'ftp.mode': 'active',
  ftpdata_command: 'retr',
  dnp3_obj: '1,1',
  ssl_version: 'tls1.2',
  ssl_state: 'client_hello',
  tls_cert_notbefore: '2020',
  tls_cert_notafter: '2020',
  'tls.version': '1.2',
  filemd5: 'list',
  filesha1: 'list',
  filesha256: 'list',
};

/** Of a keyword that needs others around it: the whole options. */
function optionsOf({ name, kind, grammar }: Keyword): string {
  const given = ARGUMENTS[name];
  const bare = grammar(undefined).type !== 'fault' && given === undefined;
  const argument = given ?? (name.endsWith('-csum') ? 'valid' : '1');
  const option = bare ? `${name};` : `${name}:${argument};`;
  switch (kind) {
    case 'buffer':
      return `${option} content:"a";`;
    case 'legacy-buffer':
      return `content:"a"; ${option}`;
    case 'modifier':
      return ['distance', 'within'].includes(name)
        ? `content:"a"; content:"b"; ${option}`
        : `content:"a"; ${option}`;
    case 'transform':
      return `http.uri; ${option} content:"a";`;
    default:
      return ['bsize', 'absent', 'dataset', 'datarep', 'entropy'].includes(name)
        ? `http.uri; ${option}`
        : option;
  }
}

function ruleOf(keyword: Keyword, sid: number): string {
  const { name, kind, protocols } = keyword;
  const http = kind === 'transform' || ['bsize', 'absent', 'dataset', 'datarep'].includes(name);
  const protocol = protocols?.[0] ?? (http || name === 'entropy' ? 'http' : 'tcp');
  const own = ['msg', 'sid', 'rev', 'gid'].includes(name) ? '' : optionsOf(keyword);
  return `alert ${protocol} any any -> any any (msg:"x"; ${own} rev:1; gid:1; sid:${sid};)`;
}

const reputations = new ReputationBook();
reputations.addCategories('categories.txt', '1,x,x');
/** As a database of MaxMind would be read. */
const countries = {
  table: () => ({ name: 'geoip.DE', v4: [], v6: [] }),
} as unknown as Countries;
const ADDRESSES = { reputations, countries };

/** Rules at a time: the engine names at most this many that it leaves out. */
const BATCH = 100;

/** By keyword: why no rule with it is matched; undefined where rules with it are. */
export async function keywordSupport(): Promise<ReadonlyMap<string, string | undefined>> {
  const capture = datagram(9, 'x');
  const support = new Map<string, string | undefined>();
  for (let from = 0; from < KEYWORDS.length; from += BATCH) {
    const batch = KEYWORDS.slice(from, from + BATCH);
    const rules = batch.map((keyword, at) => ruleOf(keyword, at + 1)).join('\n');
    const options = { readList: () => '', addresses: ADDRESSES };
    const { faultsByLine, notMatched } = await alertsOf(rules, capture, options);
    const left = new Map(
      notMatched.map((line): [number, string] => {
        const [, sid = '', reason = ''] = /^sid (\d+): (.*)$/.exec(line) ?? [];
        return [Number(sid), reason];
      }),
    );
    batch.forEach((keyword, at) => {
      const fault = keyword.refused ?? faultsByLine.get(at + 1);
      support.set(keyword.name, fault ?? reasonOf(left.get(at + 1)));
    });
  }
  return support;
}

/** What the engine says names the keyword once more. */
function reasonOf(said: string | undefined): string | undefined {
  return said?.replace(/^(buffer|field) \S+ is not known$/, 'not looked for yet');
}

const KIND_TITLES: Readonly<Record<Keyword['kind'], string>> = {
  meta: 'of the rule itself',
  state: 'memory',
  match: 'contents',
  modifier: 'modifiers of contents',
  packet: 'packets and flows',
  field: 'of any protocol',
  buffer: 'buffers of packets',
  'legacy-buffer': 'old names of buffers',
  transform: 'transforms',
};

interface Group {
  readonly matched: string[];
  readonly not: Map<string, string[]>;
}

/** As Markdown. */
export async function keywordTable(): Promise<string> {
  const support = await keywordSupport();
  const groups = new Map<string, Group>();
  for (const keyword of KEYWORDS) {
    const title =
      keyword.kind === 'legacy-buffer' || keyword.buffer !== undefined
        ? KIND_TITLES['legacy-buffer']
        : (keyword.protocols?.join(', ') ?? KIND_TITLES[keyword.kind]);
    const group: Group = groups.get(title) ?? { matched: [], not: new Map() };
    groups.set(title, group);
    const names = [keyword.name, ...(keyword.aliases ?? [])].map((name) => `\`${name}\``);
    const reason = support.get(keyword.name);
    if (reason === undefined) group.matched.push(names.join(' = '));
    else group.not.set(reason, [...(group.not.get(reason) ?? []), names.join(' = ')]);
  }
  const rows = [...groups].map(([title, { matched, not }]) => {
    const refused = [...not].map(([reason, names]) => `${names.join(', ')}: ${reason}`);
    return `| ${title} | ${matched.join(', ')} | ${refused.join('; ')} |`;
  });
  const head = ['| of | matched | not matched, and why |', '|---|---|---|'];
  return [...head, ...rows, ''].join('\n');
}

if (import.meta.main) process.stdout.write(await keywordTable());
