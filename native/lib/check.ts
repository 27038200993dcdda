/**
 * Looks at arguments before C++ sees them: every fault at once, each with its path, misspelt names with
 * the nearest known one.
 *
 * Invariant: what leaves here is complete, so the addon reads fields without asking whether they exist.
 */
import type { z } from 'zod';
import { type EngineConfig, engineConfigSchema } from '#contracts/engine-config.ts';
import { NetmothError } from '#contracts/errors.ts';
import { nearest } from '#contracts/nearest.ts';

/** Engine configuration with defaults filled in; throws NM_CONFIG_INVALID naming every fault. */
export function engineConfigFrom(input: unknown = {}): EngineConfig {
  const parsed = engineConfigSchema.safeParse(withoutUndefined(input));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue));
  throw new NetmothError('NM_CONFIG_INVALID', `engine configuration: ${faults.join('; ')}`);
}

function withoutUndefined(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}

function faultsOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key].join('.');
      return `${path}: unknown key${nearest(key, keysAt(issue.path))}`;
    });
  }
  const message = issue.message.replace(/^Invalid input: /, '');
  return [`${issue.path.join('.') || 'it'}: ${message}`];
}

/** Keys of the object at `path` of the schema. */
function keysAt(path: readonly PropertyKey[]): string[] {
  const shape = engineConfigSchema.shape;
  if (path.length === 0) return Object.keys(shape);
  const sections: Readonly<Record<string, z.ZodObject>> = {
    emergency: shape.emergency.unwrap(),
    eve: shape.eve.unwrap(),
    files: shape.files.unwrap(),
    timeouts: shape.timeouts.unwrap(),
  };
  return Object.keys(sections[String(path[0])]?.shape ?? {});
}

/** Throws NM_USAGE for an option nobody knows or one that is missing; for callers without types. */
export function checkOptions(
  call: string,
  options: object,
  known: { readonly required: readonly string[]; readonly optional: readonly string[] },
): void {
  const all = [...known.required, ...known.optional];
  for (const key of Object.keys(options)) {
    if (!all.includes(key)) {
      throw new NetmothError('NM_USAGE', `${call}: unknown option ${key}${nearest(key, all)}`);
    }
  }
  for (const key of known.required) {
    if (!(key in options)) throw new NetmothError('NM_USAGE', `${call}: option ${key} is missing`);
  }
}
