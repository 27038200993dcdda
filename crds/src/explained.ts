/**
 * What `kubectl explain` does not say by itself: the unit, the default and the bounds of a field stand behind its
 * words.
 *
 * Invariant: pure; read off the schema, so they cannot differ from what the API server does.
 */
import type { StructuralSchema } from './structural-schema.ts';

/** By the end of a field's name. */
const kUnits = [
  [/MiB$/, 'MiB'],
  [/Seconds$/, 'seconds'],
  [/Ms$/, 'milliseconds'],
  [/[pP]ercent$/, 'percent'],
] as const;

/** The same schema; `node` is that of an object. */
export function explained(node: StructuralSchema): StructuralSchema {
  const { properties, items, required = [] } = node;
  const rest =
    items === undefined ? node : { ...node, items: explained(items as StructuralSchema) };
  if (properties === undefined) return rest;
  const fields = Object.entries(properties as Record<string, StructuralSchema>);
  const told = fields.map(([name, field]) => {
    const isNeeded = (required as readonly string[]).includes(name);
    return [name, withFacts(name, explained(field), isNeeded)] as const;
  });
  return { ...rest, properties: Object.fromEntries(told) };
}

function withFacts(name: string, field: StructuralSchema, isNeeded: boolean): StructuralSchema {
  const { description } = field;
  const isGroup = 'properties' in field;
  if (typeof description !== 'string' || isGroup) return field;
  const unit = kUnits.find(([end]) => end.test(name))?.[1];
  const facts = [
    ...(unit === undefined ? [] : [unit]),
    ...(isNeeded || /\bdefault/i.test(description) ? [] : [`default: ${defaultOf(field)}`]),
    ...boundsOf(field),
  ];
  if (facts.length === 0) return field;
  return { ...field, description: `${description} (${facts.join('; ')})` };
}

function defaultOf({ default: given, type }: StructuralSchema): string {
  if (given === undefined) return type === 'boolean' ? 'false' : 'none';
  if (Array.isArray(given)) return given.length === 0 ? 'none' : given.map(textOf).join(', ');
  return textOf(given);
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function boundsOf({ minimum, maximum }: StructuralSchema): string[] {
  if (minimum === undefined && maximum === undefined) return [];
  if (maximum === undefined) return [`from ${minimum}`];
  return [`${minimum} to ${maximum}`];
}
