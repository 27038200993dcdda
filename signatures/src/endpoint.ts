/**
 * Addresses and ports of a header: items, ranges, groups, negation, variables.
 *
 * Invariants: variables are followed at most MAX_DEPTH deep, so a cycle ends; every fault names its
 * offset; the cost is linear in the text.
 */
import { isIP } from 'node:net';
import { nearest } from '#contracts/nearest.ts';
import { type LocalFault, shown } from './faults.ts';
import type { Endpoint } from './rule.ts';

export type EndpointKind = 'address' | 'port';
export type Variables = ReadonlyMap<string, string>;

export interface EndpointContext {
  readonly kind: EndpointKind;
  readonly variables: Variables;
  readonly report: (fault: LocalFault) => void;
}

const MAX_DEPTH = 16;

/** Reads `text`, which stands at `offset` of the rule; undefined after a fault. */
export function parseEndpoint(
  text: string,
  offset: number,
  context: EndpointContext,
): Endpoint | undefined {
  return parseAt(text, offset, { ...context, depth: 0, checked: new Map() });
}

interface Nested extends EndpointContext {
  readonly depth: number;
  /** Variables looked into already, with what is wrong: variables of variables must not multiply. */
  readonly checked: Map<string, string | undefined>;
}

function parseAt(raw: string, start: number, context: Nested): Endpoint | undefined {
  const fault = (message: string): undefined => {
    const code = context.kind === 'address' ? 'RULE_ADDRESS' : 'RULE_PORT';
    context.report({ offset: start, code, message });
    return undefined;
  };
  let text = raw.trim();
  let offset = start + (raw.length - raw.trimStart().length);
  if (context.depth > MAX_DEPTH) return fault(`groups or variables nest deeper than ${MAX_DEPTH}`);
  const negated = text.startsWith('!');
  if (negated) {
    const rest = text.slice(1).trimStart();
    offset += text.length - rest.length;
    text = rest;
  }
  if (text === '') return fault(`an ${context.kind === 'port' ? 'empty port' : 'empty address'}`);
  if (text.toLowerCase() === 'any') {
    return negated ? fault('"!any" matches nothing') : { type: 'any', negated };
  }
  if (text.startsWith('$')) return variable(text.slice(1), { negated, offset, context });
  if (text.startsWith('[')) return group(text, { negated, offset, context });
  const problem = context.kind === 'address' ? addressProblem(text) : portProblem(text);
  return problem === undefined ? { type: 'item', negated, text } : fault(problem);
}

interface Place {
  readonly negated: boolean;
  readonly offset: number;
  readonly context: Nested;
}

function variable(name: string, { negated, offset, context }: Place): Endpoint | undefined {
  const value = context.variables.get(name);
  if (value === undefined) {
    context.report({
      offset,
      code: 'RULE_VARIABLE_UNKNOWN',
      message: `unknown variable ${shown(`$${name}`)}${nearest(name, [...context.variables.keys()])}`,
    });
    return undefined;
  }
  if (!context.checked.has(name)) context.checked.set(name, valueProblem(value, context));
  const broken = context.checked.get(name);
  if (broken === undefined) return { type: 'variable', negated, name };
  const code = context.kind === 'address' ? 'RULE_ADDRESS' : 'RULE_PORT';
  context.report({ offset, code, message: `in variable $${name}: ${broken}` });
  return undefined;
}

/** A fault in a variable's value is one of the rule that uses it. */
function valueProblem(value: string, context: Nested): string | undefined {
  let broken: string | undefined;
  const report = (inner: LocalFault) => {
    broken ??= inner.message;
  };
  parseAt(value, 0, { ...context, report, depth: context.depth + 1 });
  return broken;
}

function group(text: string, { negated, offset, context }: Place): Endpoint | undefined {
  const inner = { ...context, depth: context.depth + 1 };
  const members: Endpoint[] = [];
  let depth = 0;
  let from = 1;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '[') depth += 1;
    if (char === ']') depth -= 1;
    const closed = depth === 0;
    if (closed && at !== text.length - 1) break;
    if (closed || (char === ',' && depth === 1)) {
      const member = parseAt(text.slice(from, at), offset + from, inner);
      if (member === undefined) return undefined;
      members.push(member);
      from = at + 1;
    }
  }
  if (depth === 0 && from === text.length) return { type: 'group', negated, members };
  const code = context.kind === 'address' ? 'RULE_ADDRESS' : 'RULE_PORT';
  context.report({ offset, code, message: `unbalanced brackets in ${shown(text)}` });
  return undefined;
}

function addressProblem(text: string): string | undefined {
  const wrong = `${shown(text)} is no address, network (CIDR or mask) or range`;
  const slash = text.indexOf('/');
  if (slash !== -1) {
    const family = isIP(text.slice(0, slash));
    const suffix = text.slice(slash + 1);
    if (family === 4 && isIP(suffix) === 4) return undefined;
    const bits = /^\d{1,3}$/.test(suffix) ? Number(suffix) : Number.NaN;
    return family !== 0 && bits <= (family === 4 ? 32 : 128) ? undefined : wrong;
  }
  const dash = text.indexOf('-');
  if (dash === -1) return isIP(text) === 0 ? wrong : undefined;
  const family = isIP(text.slice(0, dash).trim());
  return family !== 0 && family === isIP(text.slice(dash + 1).trim()) ? undefined : wrong;
}

function portProblem(text: string): string | undefined {
  const found = /^(\d{1,6})?(\s*:\s*)?(\d{1,6})?$/.exec(text);
  const wrong = `${shown(text)} is no port (0 to 65535) or range (LOW:HIGH)`;
  if (found === null || text.trim() === ':') return wrong;
  const low = Number(found[1] ?? 0);
  const high = Number(found[3] ?? (found[2] === undefined ? low : 65_535));
  if (low > 65_535 || high > 65_535) return wrong;
  return low > high ? `range ${shown(text)} ends before it begins` : undefined;
}
