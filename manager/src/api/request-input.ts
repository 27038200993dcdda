// Checks what a request brings: query string, path parameters, body. Invariant: nothing unchecked
// passes, and all faults of a request are told at once, each with its path.
import type { z } from 'zod';
import { NetmothError } from '#contracts/errors.ts';
import { nearestName } from '#contracts/nearest.ts';

/** The one character that PostgreSQL's text cannot hold. */
const NUL = '\0';
const NUL_TOLD = 'holds a NUL character';

export interface InputFault {
  readonly path: string;
  readonly message: string;
}

/** Answered with 400 and all faults as `details`. */
export class InputError extends NetmothError {
  readonly details: readonly InputFault[];

  constructor(details: readonly InputFault[]) {
    const [first] = details;
    const more = details.length > 1 ? ` (and ${details.length - 1} more)` : '';
    super('NM_QUERY_INVALID', first ? `${first.path}: ${first.message}${more}` : 'wrong input');
    this.name = 'InputError';
    this.details = details;
  }
}

/** A query string: unknown and repeated parameters are faults; the nearest known name is told. */
export function parseQuery<T extends z.ZodObject>(schema: T, input: unknown): z.output<T> {
  const given = input as Readonly<Record<string, string | string[]>>;
  const known = Object.keys(schema.shape);
  const faults: InputFault[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) faults.push({ path: name, message: unknownName(name, known) });
    else if (String(value).includes(NUL)) faults.push({ path: name, message: NUL_TOLD });
    else if (Array.isArray(value)) faults.push({ path: name, message: 'is given more than once' });
  }
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    for (const fault of faultsOf(parsed.error)) {
      if (!faults.some((earlier) => earlier.path === fault.path)) faults.push(fault);
    }
  }
  if (faults.length > 0 || !parsed.success) throw new InputError(faults);
  return parsed.data;
}

function unknownName(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean ${nearest}?`;
  return `is no parameter here; ${hint}`;
}

/** A JSON body or path parameters. */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new InputError(faultsOf(parsed.error));
  if (holdsNul(parsed.data)) throw new InputError([{ path: 'body', message: NUL_TOLD }]);
  return parsed.data;
}

/** At any depth: the text of jsonb cannot hold it either. As deep as a schema goes. */
function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes(NUL);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(holdsNul);
}

function faultsOf(error: z.ZodError): InputFault[] {
  return error.issues.map((issue) => ({
    path: issue.path.length === 0 ? 'body' : issue.path.join('.'),
    message: issue.message,
  }));
}
