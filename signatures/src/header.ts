/**
 * The header of a rule: action, protocol, addresses, ports, direction.
 *
 * Invariant: all faults of a header are reported, not the first alone.
 */
import { nearest } from '#contracts/nearest.ts';
import { type EndpointKind, parseEndpoint, type Variables } from './endpoint.ts';
import { type LocalFault, shown } from './faults.ts';
import { PROTOCOL_NAMES } from './protocols.ts';
import type { Direction, Endpoint, RuleHeader } from './rule.ts';

const ACTIONS = ['alert', 'pass', 'drop', 'reject', 'rejectsrc', 'rejectdst', 'rejectboth'];
const KEEP = new Set(['alert', 'pass']);
const DIRECTIONS: readonly Direction[] = ['->', '<>', '=>'];
const PARTS = 'ACTION PROTOCOL SOURCE PORT DIRECTION DESTINATION PORT (OPTIONS)';

interface Token {
  readonly text: string;
  readonly offset: number;
}

export function parseHeader(
  text: string,
  variables: Variables,
  report: (fault: LocalFault) => void,
): RuleHeader | undefined {
  const tokens = headerTokens(text);
  const [action, protocol, source, sourcePort, direction, destination, destinationPort] = tokens;
  if (destinationPort === undefined || tokens.length > 7) {
    const offset = tokens[7]?.offset ?? text.length;
    report({ offset, code: 'RULE_SYNTAX', message: `a rule reads ${PARTS}` });
    return undefined;
  }
  if (!action || !protocol || !source || !sourcePort || !direction || !destination)
    return undefined;
  checkAction(action, report);
  const [name = '', hook] = splitHook(protocol.text.toLowerCase());
  if (!PROTOCOL_NAMES.includes(name)) {
    const message = `unknown protocol ${shown(name)}${nearest(name, PROTOCOL_NAMES)}`;
    report({ offset: protocol.offset, code: 'RULE_PROTOCOL', message });
  }
  const arrow = DIRECTIONS.find((known) => known === direction.text);
  if (arrow === undefined) {
    const message = `direction ${shown(direction.text)} is none of ${DIRECTIONS.join(', ')}`;
    report({ offset: direction.offset, code: 'RULE_DIRECTION', message });
  }
  const read = (token: Token, kind: EndpointKind): Endpoint =>
    parseEndpoint(token.text, token.offset, { kind, variables, report }) ?? {
      type: 'any',
      negated: false,
    };
  return {
    action: action.text,
    protocol: name,
    hook,
    source: read(source, 'address'),
    sourcePort: read(sourcePort, 'port'),
    direction: arrow ?? '->',
    destination: read(destination, 'address'),
    destinationPort: read(destinationPort, 'port'),
  };
}

function checkAction({ text, offset }: Token, report: (fault: LocalFault) => void): void {
  if (!ACTIONS.includes(text)) {
    const message = `unknown action ${shown(text)}${nearest(text, ACTIONS)}`;
    report({ offset, code: 'RULE_ACTION', message });
  } else if (!KEEP.has(text)) {
    const message = `"${text}" is read as alert: this engine is passive`;
    report({ offset, code: 'RULE_ACTION_PASSIVE', message });
  }
}

function splitHook(text: string): [string, string | undefined] {
  const colon = text.indexOf(':');
  return colon === -1 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** Words of the header; blanks within brackets do not part them. */
function headerTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  let start = -1;
  for (let at = 0; at <= text.length; at += 1) {
    const char = text[at] ?? ' ';
    if (char === '[') depth += 1;
    if (char === ']') depth -= 1;
    const blank = char === ' ' || char === '\t';
    if (at === text.length || (blank && depth <= 0)) {
      if (start !== -1) tokens.push({ text: text.slice(start, at), offset: start });
      start = -1;
    } else if (start === -1 && !blank) {
      start = at;
    }
  }
  return tokens;
}
