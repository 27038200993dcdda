/**
 * A rule as text again, in one canonical form.
 *
 * Invariant: parse(print(rule)) equals rule, offsets aside.
 */
import { printContent } from './content.ts';
import type { Endpoint, NumberOperator, OptionValue, Rule } from './rule.ts';

export function printRule(rule: Pick<Rule, 'header' | 'options'>): string {
  const { header } = rule;
  const protocol =
    header.hook === undefined ? header.protocol : `${header.protocol}:${header.hook}`;
  const head = [
    header.action,
    protocol,
    printEndpoint(header.source),
    printEndpoint(header.sourcePort),
    header.direction,
    printEndpoint(header.destination),
    printEndpoint(header.destinationPort),
  ].join(' ');
  const body = rule.options.map(({ keyword, value }) => {
    const argument = printValue(value);
    return argument === undefined ? `${keyword};` : `${keyword}:${argument};`;
  });
  return `${head} (${body.join(' ')})`;
}

export function printEndpoint(endpoint: Endpoint): string {
  const bang = endpoint.negated ? '!' : '';
  switch (endpoint.type) {
    case 'any':
      return 'any';
    case 'item':
      return `${bang}${endpoint.text}`;
    case 'variable':
      return `${bang}$${endpoint.name}`;
    case 'group':
      return `${bang}[${endpoint.members.map(printEndpoint).join(',')}]`;
  }
}

/** What stands behind the colon; undefined where there is none. */
export function printValue(value: OptionValue): string | undefined {
  switch (value.type) {
    case 'flag':
      return undefined;
    case 'text':
      return `${value.negated ? '!' : ''}"${value.text.replace(/["\\;:]/g, '\\$&')}"`;
    case 'content':
      return `${value.negated ? '!' : ''}"${printContent(value.bytes)}"`;
    case 'pcre':
      return `${value.negated ? '!' : ''}"/${value.pattern}/${value.flags}"`;
    case 'number': {
      const body = printNumber(value.operator, value.low, value.high ?? 0);
      return value.suffix === undefined ? body : `${body},${value.suffix}`;
    }
    case 'words':
      return value.words.join(',');
    case 'fields': {
      const named = Object.entries(value.named).map(([name, field]) =>
        field === true ? name : `${name} ${field}`,
      );
      return [...value.positional.map(String), ...named].join(', ');
    }
  }
}

function printNumber(operator: NumberOperator, low: number, high: number): string {
  if (operator === 'range') return `${low}-${high}`;
  if (operator === '&=' || operator === '&!=') return `&${high}${operator.slice(1)}${low}`;
  if (operator === 'outside') return `!${low}-${high}`;
  return operator === '=' ? String(low) : `${operator}${low}`;
}
