/**
 * Rules by what must happen before they are looked at: the engine builds one pattern matcher a group.
 *
 * A group is one layer (TCP packets, a side's stream, packets of other protocols, a buffer), one application protocol or set of
 * transports, one side, one set of server ports and one buffer with its transforms. Invariant: every
 * rule stands in at least one group, in at most one per head, side and layer.
 */

import { PAYLOAD } from '../model/rule-builder.ts';
import type { Inspection, Range, RuleHead, RuleModel, Transform } from '../model/rule-model.ts';

export interface GroupPattern {
  readonly bytes: Uint8Array;
  readonly nocase: boolean;
  /** Places of rules, ascending. */
  readonly rules: readonly number[];
}

export interface PrefilterGroup {
  readonly layer: 'packet' | 'stream' | 'datagram' | 'buffer';
  readonly application: string;
  readonly transports: readonly number[];
  readonly side: Inspection['side'];
  /** Of the server: destination ports to it, source ports from it. */
  readonly ports: readonly Range[];
  readonly buffer: string;
  readonly transforms: readonly Transform[];
  readonly patterns: readonly GroupPattern[];
  /** Rules without a pattern. */
  readonly unfiltered: readonly number[];
}

interface OpenGroup extends Omit<PrefilterGroup, 'patterns' | 'unfiltered'> {
  readonly patterns: Map<string, { bytes: Uint8Array; nocase: boolean; rules: number[] }>;
  readonly unfiltered: number[];
}

export function prefilterGroups(rules: readonly RuleModel[]): PrefilterGroup[] {
  const open = new Map<string, OpenGroup>();
  for (const [place, rule] of rules.entries()) {
    for (const member of membershipsOf(rule)) {
      const key = keyOf(member);
      const group = open.get(key) ?? { ...member, patterns: new Map(), unfiltered: [] };
      open.set(key, group);
      addRule(group, rule, place);
    }
  }
  return [...open.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => ({ ...group, patterns: [...group.patterns.values()] }));
}

function addRule(group: OpenGroup, { prefilter }: RuleModel, place: number): void {
  if (prefilter.type === 'none') {
    if (group.unfiltered.at(-1) !== place) group.unfiltered.push(place);
    return;
  }
  const { bytes, nocase } = prefilter;
  const key = `${nocase ? 'i' : ' '}${Buffer.from(bytes).toString('latin1')}`;
  const known = group.patterns.get(key) ?? { bytes, nocase, rules: [] };
  group.patterns.set(key, known);
  if (known.rules.at(-1) !== place) known.rules.push(place);
}

type Membership = Omit<PrefilterGroup, 'patterns' | 'unfiltered'>;

/** Rules without a pattern are grouped by the first buffer they look into. */
function membershipsOf(rule: RuleModel): Membership[] {
  const { prefilter, inspections, payload, flow } = rule;
  const looked = inspections[prefilter.type === 'pattern' ? prefilter.inspection : 0];
  const buffer = looked?.buffer ?? '';
  const inBuffer = buffer !== '' && buffer !== PAYLOAD;
  const layers: readonly Membership['layer'][] = inBuffer
    ? ['buffer']
    : (['packet', 'stream', 'datagram'] as const).filter((layer) => payload[layer]);
  const sides: Membership['side'][] = [
    ...(flow.toServer ? ['to_server' as const] : []),
    ...(flow.toClient ? ['to_client' as const] : []),
  ];
  return rule.heads.flatMap((head) =>
    layers.flatMap((layer) =>
      sides.map((side) => ({
        layer,
        application: head.protocol.application,
        transports: head.protocol.transports,
        side,
        ports: serverPorts(head, side),
        buffer,
        transforms: looked?.transforms ?? [],
      })),
    ),
  );
}

function serverPorts(head: RuleHead, side: Inspection['side']): readonly Range[] {
  return side === 'to_server' ? head.destinationPorts : head.sourcePorts;
}

function keyOf({ ports, transforms, ...rest }: Membership): string {
  const named = [rest.layer, rest.application, rest.side, rest.buffer, ...rest.transports];
  const changed = transforms.map(
    ({ name, bytes, numbers }) => `${name} ${Buffer.from(bytes).toString('hex')} ${numbers.join()}`,
  );
  return [...named, ...changed, ...ports.map(({ low, high }) => `${low}-${high}`)].join('\u0001');
}
