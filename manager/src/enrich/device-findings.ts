/**
 * What an event says of the devices in it.
 *
 * Invariants: pure but for the caches of findings, which hold at most kCached of each kind; what is
 * malformed says nothing. Which end a finding is of is told with it; whether that end is a device is not
 * decided here.
 */
import { TwoGenerations } from '#manager/ingest/two-generations.ts';
import { DHCP_FINGERPRINTS, VENDOR_CLASSES } from './data/dhcp-fingerprints.ts';
import { type Finding, MAX_FINDING_CHARS } from './evidence.ts';
import { osOfSyn } from './os-of-syn.ts';
import { hintOf, NAME_HINTS, SERVICE_HINTS } from './type-hints.ts';
import { agentFacts, USER_AGENT_CONFIDENCE } from './user-agent.ts';

type Json = Readonly<Record<string, unknown>>;

const kCached = 4_096;
const kMaxServices = 32;
const FINGERPRINTS: ReadonlyMap<string, (typeof DHCP_FINGERPRINTS)[number]> = new Map(
  DHCP_FINGERPRINTS.map((each) => [each.parameters, each]),
);
/** JA4's part of ciphers, where only one maker's stack has it. */
const JA4_SYSTEMS: ReadonlyMap<string, string> = new Map([['a09f3c656075', 'Apple']]);
const NOTHING: readonly Finding[] = [];

export class DeviceFindings {
  readonly #ofSyn = new TwoGenerations<string, readonly Finding[]>(kCached);
  readonly #ofAgent = new TwoGenerations<string, readonly Finding[]>(kCached);

  /** Of the client of a flow. */
  ofSyn(netmoth: Json | undefined): readonly Finding[] {
    const syn = netmoth?.['syn'];
    if (typeof syn !== 'object' || syn === null) return NOTHING;
    const { ttl, window, mss = 0, options, ...rest } = syn as Json;
    const scale = isCount(rest['scale']) ? rest['scale'] : undefined;
    if (!isCount(ttl) || !isCount(window) || !isCount(mss) || !areCounts(options)) {
      return NOTHING;
    }
    const key = `${ttl} ${window} ${mss} ${scale} ${options.join()}`;
    const known = this.#ofSyn.get(key);
    if (known !== undefined) return known;
    const guess = osOfSyn({ ttl, window, mss, scale, options });
    const findings =
      guess === undefined
        ? NOTHING
        : [finding('os', 'tcp.syn', guess.os, guess.detail, guess.confidence)];
    this.#ofSyn.set(key, findings);
    return findings;
  }

  /** Of the client of a request. */
  ofAgent(agent: unknown): readonly Finding[] {
    if (typeof agent !== 'string' || agent === '') return NOTHING;
    const known = this.#ofAgent.get(agent);
    if (known !== undefined) return known;
    const facts = agentFacts(agent);
    const findings: Finding[] = [];
    const add = (attribute: 'os' | 'type', value: string | undefined, detail: string): void => {
      if (value === undefined) return;
      findings.push(finding(attribute, 'http.user_agent', value, detail, USER_AGENT_CONFIDENCE));
    };
    add('os', facts?.os, facts?.detail ?? agent);
    add('type', facts?.type, agent);
    this.#ofAgent.set(agent, findings);
    return findings;
  }
}

/** Of the client of a handshake. */
export function findingsOfJa4(ja4: unknown): readonly Finding[] {
  if (typeof ja4 !== 'string') return NOTHING;
  const os = JA4_SYSTEMS.get(ja4.split('_')[1] ?? '');
  return os === undefined ? NOTHING : [finding('os', 'tls.ja4', os, ja4, 50)];
}

/** Of the client of a DHCP message; `parameters` are netmoth.dhcp_parameters. */
export function findingsOfDhcp(dhcp: Json, parameters: unknown): readonly Finding[] {
  const findings: Finding[] = [];
  const hostname = dhcp['hostname'];
  if (typeof hostname === 'string' && hostname !== '') {
    findings.push(...findingsOfName('dhcp.hostname', hostname, 90));
    findings.push(finding('identity', 'dhcp.hostname', hostname, '', 60));
  }
  const order = areCounts(parameters) ? FINGERPRINTS.get(parameters.join()) : undefined;
  if (order !== undefined) {
    findings.push(finding('os', 'dhcp.parameters', order.os, order.detail, 65));
  }
  const words = dhcp['vendor_class_identifier'];
  const known =
    typeof words === 'string'
      ? VENDOR_CLASSES.find(({ pattern }) => pattern.test(words))
      : undefined;
  if (typeof words === 'string' && known?.os !== undefined) {
    findings.push(finding('os', 'dhcp.vendor_class', known.os, words, 75));
  }
  if (typeof words === 'string' && known?.type !== undefined) {
    findings.push(finding('type', 'dhcp.vendor_class', known.type, words, 70));
  }
  return findings;
}

/** The name itself, and what it says of the kind. */
export function findingsOfName(source: string, name: string, confidence: number): Finding[] {
  const found = [finding('hostname', source, name, '', confidence)];
  const [label = ''] = name.split('.');
  const hint = hintOf(NAME_HINTS, label);
  if (hint !== undefined) found.push(finding('type', source, hint.type, name, hint.confidence));
  return found;
}

/** Of who sent an mDNS answer: the services it announces. */
export function findingsOfServices(mdns: Json): readonly Finding[] {
  const answers = mdns['answers'];
  if (mdns['type'] !== 'response' || !Array.isArray(answers)) return NOTHING;
  const findings: Finding[] = [];
  for (const answer of answers.slice(0, kMaxServices)) {
    const name = typeof answer === 'object' && answer !== null ? (answer as Json)['rrname'] : null;
    const hint = typeof name === 'string' ? hintOf(SERVICE_HINTS, name) : undefined;
    if (hint === undefined || typeof name !== 'string') continue;
    findings.push(finding('type', 'mdns.service', hint.type, name, hint.confidence));
  }
  return findings;
}

export function finding(
  attribute: Finding['attribute'],
  source: string,
  value: string,
  ...[detail, confidence]: readonly [detail: string, confidence: number]
): Finding {
  const cut = (text: string): string => text.slice(0, MAX_FINDING_CHARS).toWellFormed();
  const plain = (text: string): string => cut(text).replaceAll('\0', '�');
  return { attribute, source, value: plain(value), detail: plain(detail), confidence };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

/** Joined to a key below: an object could have a toString of its own that is no function. */
function areCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}
