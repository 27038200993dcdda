/**
 * A rule in words: what it is for, what must match, what it then does, and how the engine finds it.
 *
 * Invariant: made from the model alone, so it says what was understood and not what was written.
 */
import type { PrefilterGroup } from '../compile/groups.ts';
import type { AddressSet, Range, RuleHead, RuleModel } from '../model/rule-model.ts';
import { matcherText, quoted, stateText, testText } from './describe-matcher.ts';

/** Most ranges of one set that are shown. */
const MAX_RANGES = 6;
const MAX_PORT = 65_535;

export function explainRule(rule: RuleModel, groups: readonly PrefilterGroup[]): string {
  const { gid, sid, rev, statedAction, action } = rule;
  const read = statedAction === action ? '' : ` (read as ${action})`;
  return [
    `${gid}:${sid} revision ${rev}, ${statedAction}${read}: ${rule.msg}`,
    `  at ${rule.origin.file}:${rule.origin.line}`,
    `  ${classText(rule)}`,
    ...rule.heads.map((head) => `  for ${headText(head)}`),
    `  in ${flowText(rule)}`,
    ...listed('tests', rule.tests.map(testText)),
    ...listed('only if', rule.conditions.map(stateText)),
    ...rule.inspections.flatMap((inspection) => {
      const { buffer, side, transforms, matchers } = inspection;
      const sided = side === 'any' ? '' : ` (${side})`;
      const changed = transforms.map(({ name }) => ` after ${name}`).join('');
      const where = buffer === 'payload' ? payloadText(rule) : buffer;
      const lines = matchers.map((matcher) => matcherText(matcher, rule.variables));
      return listed(`${where}${sided}${changed} has`, lines);
    }),
    ...listed('then', effectLines(rule)),
    ...prefilterLines(rule, groups),
    `  cost about ${rule.cost}`,
  ].join('\n');
}

function listed(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const [only = ''] = lines;
  return lines.length === 1
    ? [`  ${title} ${only}`]
    : [`  ${title}`, ...lines.map((line) => `    - ${line}`)];
}

function classText({ classtype, category, priority }: RuleModel): string {
  const named = classtype === '' ? 'no class' : `class ${classtype}`;
  return `${named}${category === '' ? '' : ` (${category})`}, priority ${priority}`;
}

function headText({
  protocol,
  source,
  sourcePorts,
  destination,
  destinationPorts,
}: RuleHead): string {
  const { application, transports, ipVersion, hook } = protocol;
  const names: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' };
  const carried = transports.map((number) => names[number] ?? `protocol ${number}`).join(' or ');
  const over = application === '' ? carried || 'any protocol' : `${application} over ${carried}`;
  const version = ipVersion === 0 ? '' : ` in IPv${ipVersion}`;
  const at = hook === '' ? '' : ` at ${hook}`;
  const from = `${addressText(source)} port ${portText(sourcePorts)}`;
  const to = `${addressText(destination)} port ${portText(destinationPorts)}`;
  return `${over}${version}${at} from ${from} to ${to}`;
}

function addressText({ v4, v6 }: AddressSet): string {
  const whole4 = v4.length === 1 && v4[0]?.low === 0 && v4[0].high === 2 ** 32 - 1;
  const whole6 =
    v6.length === 1 && v6[0]?.low.every((b) => b === 0) && v6[0].high.every((b) => b === 255);
  if (whole4 && whole6 === true) return 'anywhere';
  const dotted = (value: number) =>
    [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
  const hex = (bytes: Uint8Array) =>
    Buffer.from(bytes)
      .toString('hex')
      .replace(/(....)(?=.)/g, '$1:');
  const shown = [
    ...(whole4 ? ['all IPv4'] : v4.map(({ low, high }) => between(dotted(low), dotted(high)))),
    ...(whole6 === true ? ['all IPv6'] : v6.map(({ low, high }) => between(hex(low), hex(high)))),
  ];
  return shortened(shown);
}

function portText(ranges: readonly Range[]): string {
  const [first] = ranges;
  if (ranges.length === 1 && first?.low === 0 && first.high === MAX_PORT) return 'any';
  return shortened(ranges.map(({ low, high }) => between(String(low), String(high))));
}

const between = (low: string, high: string) => (low === high ? low : `${low}-${high}`);

function shortened(parts: readonly string[]): string {
  const rest = parts.length - MAX_RANGES;
  const shown = parts.slice(0, MAX_RANGES).join(', ');
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

function flowText({ flow, transaction }: RuleModel): string {
  if (transaction) return 'a whole transaction, both sides together';
  const side =
    flow.toServer && flow.toClient
      ? 'either direction'
      : flow.toServer
        ? 'what clients send'
        : 'what servers send';
  const states = [
    flow.established && 'established',
    flow.notEstablished && 'not established',
    flow.stateless && 'whatever the state',
    flow.onlyStream && 'reassembled data only',
    flow.noStream && 'packets only',
    flow.onlyFragments && 'fragments only',
    flow.noFragments && 'no fragments',
  ].filter((state) => state !== false);
  return [side, ...states].join(', ');
}

function payloadText({ payload }: RuleModel): string {
  const places = [
    payload.stream && 'the stream',
    payload.packet && 'a TCP packet',
    payload.datagram && 'a packet other than TCP',
  ].filter((place) => place !== false);
  return places.join(' or ');
}

function effectLines({ noAlert, effects, rate, tags, action }: RuleModel): string[] {
  const lines = effects.map(stateText);
  if (noAlert) lines.push('no alert');
  else if (action === 'pass') lines.push('nothing more is tested');
  if (rate !== undefined) {
    const { type, count, seconds, track } = rate;
    lines.push(`${type}: ${count} in ${seconds} seconds, ${track}`);
  }
  for (const { scope, amount, unit, side } of tags) {
    const host = side === 'src' ? 'source' : 'destination';
    const whose = scope === 'host' ? `the ${host}` : 'the flow';
    lines.push(`packets of ${whose} are told for ${amount} ${unit}`);
  }
  return lines;
}

function prefilterLines(
  { prefilter, inspections, sid, gid }: RuleModel,
  groups: readonly PrefilterGroup[],
): string[] {
  const found =
    prefilter.type === 'none'
      ? `  looked at always: no content to look for first`
      : `  looked at where ${quoted(prefilter.bytes)}${prefilter.nocase ? ' (any case)' : ''} is in ${inspections[prefilter.inspection]?.buffer ?? '?'}`;
  const lines = groups.map((group) => {
    const { layer, application, side, buffer, patterns, unfiltered } = group;
    const name = [layer, application || 'any protocol', side, buffer]
      .filter((x) => x !== '')
      .join(' ');
    return `${name}: ${patterns.length} patterns, ${unfiltered.length} rules without one`;
  });
  return [found, ...listed(groups.length === 0 ? `${gid}:${sid}` : 'in group', lines)];
}
