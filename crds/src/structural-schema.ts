/**
 * zod → the structural OpenAPI 3.0 schema that Kubernetes demands of a CRD.
 *
 * Invariant: what Kubernetes' form cannot say is a fault of this function's caller and throws; nothing
 * is dropped silently except `additionalProperties: false`, since the API server prunes and warns itself.
 * Source: "Specifying a structural schema" in Kubernetes' CRD documentation.
 */
import { z } from 'zod';

export type StructuralSchema = { [key: string]: unknown };

/** What a structural schema may not contain, or what zod writes another way than Kubernetes reads it. */
const kRefused = ['$ref', '$defs', 'const', 'not', 'allOf', 'oneOf', 'propertyNames'];
const kInt32Max = 2_147_483_647;

export function structuralSchema(schema: z.ZodType): StructuralSchema {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'throw' });
  return converted(json as StructuralSchema, []);
}

function converted(node: StructuralSchema, path: readonly string[]): StructuralSchema {
  const { $schema: _dialect, additionalProperties, properties, items, ...rest } = node;
  if (rest['x-kubernetes-int-or-string'] === true) delete rest['anyOf'];
  else if ('anyOf' in rest) throw fault(path, 'a union other than int-or-string');
  delete rest['propertyNames'];
  for (const word of kRefused) if (word in rest) throw fault(path, word);
  tidyNumber(rest);
  tidyFormat(rest);
  if (properties !== undefined) {
    rest['properties'] = Object.fromEntries(
      Object.entries(properties as Record<string, StructuralSchema>).map(([name, child]) => [
        name,
        converted(child, [...path, name]),
      ]),
    );
  } else if (typeof additionalProperties === 'object' && additionalProperties !== null) {
    const values = additionalProperties as StructuralSchema;
    rest['additionalProperties'] = converted(values, [...path, '*']);
  }
  rest['default'] = wholeDefault(rest);
  if (rest['default'] === undefined) delete rest['default'];
  if (items !== undefined) rest['items'] = converted(items as StructuralSchema, [...path, '[]']);
  return rest;
}

/** The API server judges a default by the CEL rules before it fills it in: it must be whole by itself. */
function wholeDefault(node: StructuralSchema): unknown {
  const { default: given, properties } = node;
  if (typeof given !== 'object' || given === null || properties === undefined) return given;
  const own = Object.entries(properties as Record<string, StructuralSchema>).flatMap(
    ([name, child]) => (child['default'] === undefined ? [] : [[name, child['default']] as const]),
  );
  return { ...Object.fromEntries(own), ...given };
}

/** Go reads an integer by its format; bounds that only say "safe in JavaScript" mean nothing there. */
function tidyNumber(node: StructuralSchema): void {
  if (node['maximum'] === Number.MAX_SAFE_INTEGER) delete node['maximum'];
  if (node['minimum'] === Number.MIN_SAFE_INTEGER) delete node['minimum'];
  if (node['type'] !== 'integer') return;
  const { maximum } = node;
  node['format'] = typeof maximum === 'number' && maximum <= kInt32Max ? 'int32' : 'int64';
}

/** A format says it all; zod's own pattern beside it is unreadable, and Go's regular expressions differ. */
function tidyFormat(node: StructuralSchema): void {
  if (node['type'] === 'string' && typeof node['format'] === 'string') delete node['pattern'];
}

function fault(path: readonly string[], what: string): Error {
  return new Error(`${path.join('.')}: ${what} has no structural form`);
}
