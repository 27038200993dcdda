/**
 * A parsed rule as its model.
 *
 * Source: Suricata 8 user guide, "Suricata Rules". Invariants: pure but for the caches of its context;
 * the same rule and context give an equal model; a fault names what cannot be resolved.
 */
import type { AddressFacts } from '../addresses/address-tables.ts';
import type { Classification } from '../config-files.ts';
import type { FaultCode, LocalFault } from '../faults.ts';
import { keywordOf } from '../keywords/table.ts';
import type { Rule, RuleOption } from '../rule.ts';
import { costOf } from './cost.ts';
import type { EndpointSets } from './endpoint-sets.ts';
import { prefilterOf } from './fast-pattern.ts';
import { headsOf, protocolTest, TCP } from './heads.ts';
import { testField } from './resolve.ts';
import { PAYLOAD, RuleBuilder } from './rule-builder.ts';
import type { Inspection, PayloadPlaces, RuleModel } from './rule-model.ts';
import { sidesOf } from './sides.ts';

export interface ResolveContext {
  readonly sets: EndpointSets;
  readonly classifications: ReadonlyMap<string, Classification>;
  /** Systems of references by the URL they begin with. */
  readonly references: ReadonlyMap<string, string>;
  /** The text of a file that a rule of `ruleFile` names; absent: rules may name none. */
  readonly readList?: (name: string, ruleFile: string) => string | undefined;
  readonly addresses?: AddressFacts;
}

export type Resolved =
  | { readonly model: RuleModel; readonly warnings: readonly LocalFault[] }
  | { readonly model: undefined; readonly fault: LocalFault };

/** Priority of a rule without one and without a known class. */
const DEFAULT_PRIORITY = 3;

export function resolveRule(rule: Rule, context: ResolveContext): Resolved {
  const builder = new RuleBuilder({
    protocol: rule.header.protocol,
    addresses: context.addresses ?? {},
    readList: (name) => context.readList?.(name, rule.file),
  });
  for (const option of rule.options) {
    applyOption(builder, option);
    if (builder.fault !== undefined) return failed('RULE_ARGUMENT', option.offset, builder.fault);
  }
  const { heads, empty } = headsOf(rule.header, context.sets);
  if (empty !== undefined) return failed(empty.code, 0, empty.message);
  const inspections = builder.inspections;
  const transaction = rule.header.direction === '=>';
  const warnings: LocalFault[] = [];
  const sides = sidesOf(builder.flow, inspections, transaction);
  if (sides.conflict !== undefined) {
    warnings.push({ offset: 0, code: 'RULE_SIDE_CONFLICT', message: sides.conflict });
  }
  const { meta } = builder;
  const known = context.classifications.get(meta.classtype);
  const model: Omit<RuleModel, 'cost'> = {
    gid: rule.gid,
    sid: rule.sid,
    rev: rule.rev,
    action: rule.header.action === 'pass' ? 'pass' : 'alert',
    statedAction: rule.header.action,
    heads,
    transaction,
    msg: rule.msg,
    classtype: meta.classtype,
    category: known?.description ?? '',
    priority: meta.priority ?? known?.priority ?? DEFAULT_PRIORITY,
    references: meta.references.map(({ system, id }) => {
      const prefix = context.references.get(system);
      return { system, id, url: prefix === undefined ? '' : prefix + id };
    }),
    metadata: meta.metadata,
    target: meta.target,
    noAlert: meta.noAlert,
    flow: sides.flow,
    payload: payloadOf(rule, builder, inspections),
    tests: builder.tests,
    conditions: builder.conditions,
    inspections,
    effects: builder.effects,
    rate: meta.rate,
    tags: meta.tags,
    variables: builder.variables,
    prefilter: prefilterOf(inspections),
    origin: { file: rule.file, line: rule.line },
  };
  return { model: { ...model, cost: costOf(model) }, warnings };
}

function failed(code: FaultCode, offset: number, message: string): Resolved {
  return { model: undefined, fault: { offset, code, message } };
}

function applyOption(builder: RuleBuilder, { keyword: name, value }: RuleOption): void {
  const keyword = keywordOf(name);
  if (keyword === undefined) return;
  if (keyword.resolve !== undefined) {
    keyword.resolve(builder, value, name);
    return;
  }
  switch (keyword.kind) {
    case 'buffer': {
      const row = keyword.buffer === undefined ? keyword : keywordOf(keyword.buffer);
      const side = value.type === 'words' ? value.words[0] : undefined;
      const given = side === 'to_server' || side === 'to_client' ? side : 'any';
      const buffer = name === 'pkt_data' ? PAYLOAD : (row?.name ?? name);
      builder.select(buffer, row?.multi === true, given);
      return;
    }
    case 'legacy-buffer':
      builder.moveContent(keyword.buffer ?? name);
      return;
    default:
      testField(builder, value, name);
  }
}

/** Tests on a single packet: a rule with one of them looks into packets, not into the stream. */
const PACKET_FIELDS = new Set([
  'dsize',
  'flags',
  'seq',
  'ack',
  'window',
  'ttl',
  'id',
  'tos',
  'fragbits',
  'fragoffset',
  'ipopts',
  'tcp.mss',
  'tcp.wscale',
]);

/**
 * Where contents without a buffer look. A rule for TCP looks into the stream; into single packets too
 * where a content is bound to a place by offset or depth, or stream_size is tested; into those alone
 * where it has nothing to look for or tests a packet's header. Other protocols have packets alone.
 */
function payloadOf(
  { header }: Rule,
  { flow, tests }: RuleBuilder,
  inspections: readonly Inspection[],
): PayloadPlaces {
  const { transports } = protocolTest(header);
  const tcp = transports.length === 0 || transports.includes(TCP);
  const datagram = transports.some((number) => number !== TCP) || transports.length === 0;
  const of = (packet: boolean, stream: boolean): PayloadPlaces => ({
    packet: tcp && packet,
    stream: tcp && stream,
    datagram,
  });
  if (header.protocol === 'tcp-pkt' || flow.noStream) return of(true, false);
  if (header.protocol === 'tcp-stream' || flow.onlyStream) return of(false, true);
  const inPayload = inspections.find(({ buffer }) => buffer === PAYLOAD);
  if (inPayload === undefined) return of(true, false);
  if (tests.some(({ field }) => PACKET_FIELDS.has(field))) return of(true, false);
  const placed = inPayload.matchers.some(
    (matcher) =>
      matcher.type === 'content' && (matcher.offset !== undefined || matcher.depth !== undefined),
  );
  const sized = tests.some(({ field }) => field.startsWith('stream_size'));
  return of(placed || sized, true);
}
