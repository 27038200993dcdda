/**
 * The same alerts when TCP payloads are cut into smaller segments (cli/src/testing/recut.ts).
 *
 * Invariant: what alerts either way is held against the other by signature and ends. A difference has one of the REASONS,
 * which are told by the rule and by the flow, never by the signature; else it is unexplained, and a fault.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recut } from '../../../cli/src/testing/recut.ts';
import { engineConfigFrom, read } from '../../../native/lib/index.ts';
import { KEYWORDS } from '../../../signatures/src/keywords/table.ts';
import type { RuleModel } from '../../../signatures/src/model/rule-model.ts';
import type { RuleBundle } from './rule-sets.ts';

/** Why the same octets in other segments may alert otherwise (docs/engine.md, Streams in other segments). */
export const REASONS = {
  packets: 'rules about packets',
  outside: 'segments outside of a stream',
  held: 'more segments out of order than are held',
  often: 'not as often',
  ends: 'rules about where a look ends',
  encrypted: 'octets that came with the last message before encryption',
} as const;
export type Reason = keyof typeof REASONS;

export interface CutResult {
  /** Captures that have segments to be cut. */
  readonly captures: number;
  readonly alerts: number;
  readonly explained: ReadonlyMap<Reason, number>;
  /** A line each. */
  readonly unexplained: readonly string[];
}

export interface CutOptions {
  /** Octets of a segment; larger ones where a capture would become more than MOST_PIECES. */
  readonly piece: number;
  /** For the cut capture and its events. */
  readonly folder: string;
  /** Told of each difference that has a reason. */
  readonly onExplained?: (reason: Reason, line: string) => void;
}

/** Octets of a capture that are cut into single ones; of larger captures pieces are larger. */
const MOST_PIECES = 100_000;
const SYN = 0x02;

const PACKET_FIELDS = KEYWORDS.filter(({ kind }) => kind === 'packet').map(({ name }) => name);

export async function playCut(
  { models }: Pick<RuleBundle, 'models'>,
  bundlePath: string,
  captures: readonly string[],
  { piece: asked, folder, onExplained }: CutOptions,
): Promise<CutResult> {
  const rules = new Map(models.map((model) => [model.sid, model]));
  const explained = new Map<Reason, number>();
  const unexplained: string[] = [];
  let [cut, alerts] = [0, 0];
  for (const capture of captures) {
    const whole = readFileSync(capture);
    const piece = Math.max(asked, Math.ceil(whole.length / MOST_PIECES));
    const made = recut(whole, piece);
    if (made === undefined || made.cut === 0) continue;
    const cutPath = join(folder, 'cut.pcap');
    writeFileSync(cutPath, made.capture);
    cut += 1;
    const one = await alertsOf(capture, bundlePath, folder);
    const other = await alertsOf(cutPath, bundlePath, folder);
    for (const key of new Set([...one.alerts.keys(), ...other.alerts.keys()])) {
      const [before, after] = [one.alerts.get(key), other.alerts.get(key)];
      alerts += before?.count ?? 0;
      if (before?.count === after?.count) continue;
      const line = `${capture}: ${key}: ${before?.count ?? 0} whole, ${after?.count ?? 0} in pieces of ${piece}`;
      const { sid, flow } = before ?? after ?? {};
      const facts = one.flows.get(flow ?? '') ?? other.flows.get(flow ?? '');
      const isHeld = !other.gaps.has(flow ?? '') || one.gaps.has(flow ?? '');
      const reason = reasonOf(rules.get(Number(sid)), [before, after], { ...facts, isHeld });
      if (reason === undefined) unexplained.push(line);
      else {
        explained.set(reason, (explained.get(reason) ?? 0) + 1);
        onExplained?.(reason, line);
      }
    }
  }
  return { captures: cut, alerts, explained, unexplained };
}

function reasonOf(
  rule: RuleModel | undefined,
  found: readonly (AlertsOfRule | undefined)[],
  flow: Partial<FlowFacts> & { readonly isHeld: boolean },
): Reason | undefined {
  if (rule === undefined || asksAboutPackets(rule)) return 'packets';
  if (!(flow.handshake ?? false) || found.every((each) => each?.inStream !== true)) {
    return 'outside';
  }
  if (!flow.isHeld) return 'held';
  if (found.every((each) => each !== undefined)) return 'often';
  if (asksAboutEnds(rule)) return 'ends';
  return flow.encrypted === true ? 'encrypted' : undefined;
}

/** Asks about single packets, or how often something matched. */
function asksAboutPackets(model: RuleModel): boolean {
  const { tests, payload, inspections, rate, flow, tags } = model;
  return (
    payload.packet ||
    rate !== undefined ||
    tags.length > 0 ||
    flow.noStream ||
    inspections.length === 0 ||
    inspections.some(({ buffer }) => /^(ipv[46]|tcp|udp|icmpv[46]|ether)\.hdr$/.test(buffer)) ||
    tests.some(({ field }) => PACKET_FIELDS.some((name) => field.startsWith(name)))
  );
}

/** What must not follow, or how much must: within a look, that is. */
function asksAboutEnds({ inspections }: RuleModel): boolean {
  return inspections.some(({ matchers }) =>
    matchers.some(
      (matcher) =>
        (matcher.type === 'content' && (matcher.negated || matcher.endswith)) ||
        (matcher.type === 'pcre' && matcher.negated) ||
        matcher.type === 'isdataat' ||
        matcher.type === 'bsize',
    ),
  );
}

interface AlertsOfRule {
  readonly sid: number;
  /** Its key in AlertsOfCapture.flows. */
  readonly flow: string;
  count: number;
  /** One of them is of a stream or of what was parsed from it. */
  inStream: boolean;
}
interface FlowFacts {
  /** Of both sides: what follows is put in order. */
  readonly handshake: boolean;
  readonly encrypted: boolean;
}
interface AlertsOfCapture {
  /** By signature and ends. */
  readonly alerts: ReadonlyMap<string, AlertsOfRule>;
  readonly flows: ReadonlyMap<string, FlowFacts>;
  /** Flows with octets that were given up as never seen. */
  readonly gaps: ReadonlySet<string>;
}

async function alertsOf(
  path: string,
  bundlePath: string,
  folder: string,
): Promise<AlertsOfCapture> {
  const evePath = join(folder, 'eve.ndjson');
  const engine = engineConfigFrom({ packetAlertMax: 255, eve: { alert: { payload: true } } });
  const patternCache = join(folder, 'patterns');
  await read({ path, evePath, bundlePath, engine, patternCache }).catch(() => undefined);
  const alerts = new Map<string, AlertsOfRule>();
  const flows = new Map<string, FlowFacts>();
  const gaps = new Set<string>();
  for (const line of readFileSync(evePath, 'utf8').split('\n')) {
    if (!/"event_type":"(alert|flow|anomaly)"/.test(line)) continue;
    const { event_type, alert, anomaly, tcp, stream, app_proto, ...event } = JSON.parse(line);
    const ends = [`${event.src_ip}:${event.src_port}`, `${event.dest_ip}:${event.dest_port}`];
    const flow = [...ends].sort().join(' ');
    if (event_type === 'anomaly') {
      if (anomaly.event === 'stream.reassembly_seq_gap') gaps.add(flow);
      continue;
    }
    if (event_type === 'flow') {
      if (tcp === undefined) continue;
      const flags = [tcp.tcp_flags_ts, tcp.tcp_flags_tc].map((text) => Number.parseInt(text, 16));
      const handshake = flags.every((each) => (each & SYN) !== 0);
      flows.set(flow, { handshake, encrypted: ['tls', 'ssh'].includes(app_proto) });
      continue;
    }
    const key = `${alert.signature_id} ${alert.signature} ${ends.join(' > ')}`;
    const known = alerts.get(key) ?? { sid: alert.signature_id, flow, count: 0, inStream: false };
    known.count += 1;
    known.inStream ||= stream === 1;
    alerts.set(key, known);
  }
  return { alerts, flows, gaps };
}
