/**
 * Puts file, environment and arguments together, remembering which value came from where.
 *
 * Invariant: the later source wins key by key (file < environment < arguments); nothing is judged here
 * but the form of each source, and every fault is kept, none thrown.
 */
import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { nearest } from '#contracts/nearest.ts';
import type { Leaf } from './config-schema.ts';

export const ENV_PREFIX = 'NETMOTH_SENSOR_';
/** Kubernetes sets these for a Service called netmoth-sensor; they are not configuration. */
const kServiceVariable = /^NETMOTH_SENSOR_(SERVICE_|PORT(_|$))/;

export interface Fault {
  /** Dotted path of the key, empty for a source as a whole. */
  readonly path: string;
  /** "file sensor.yaml", "NETMOTH_SENSOR_NODE", "--speed", "default". */
  readonly source: string;
  readonly message: string;
}

type Tree = { [key: string]: unknown };

export class Sources {
  readonly tree: Tree = {};
  readonly faults: Fault[] = [];
  readonly #origins = new Map<string, string>();

  /** Where the value at that path, or the nearest object around it, came from. */
  originOf(path: readonly PropertyKey[]): string {
    for (let length = path.length; length > 0; length -= 1) {
      const origin = this.#origins.get(path.slice(0, length).join('.'));
      if (origin !== undefined) return origin;
    }
    return 'default';
  }

  has(path: readonly string[]): boolean {
    return this.#origins.has(path.join('.'));
  }

  set(path: readonly string[], value: unknown, origin: string): void {
    let at = this.tree;
    for (const [depth, key] of path.entries()) {
      this.#origins.set(path.slice(0, depth + 1).join('.'), origin);
      if (depth === path.length - 1) {
        at[key] = value;
        return;
      }
      const next = at[key];
      if (isTree(next)) at = next;
      else {
        const made: Tree = {};
        at[key] = made;
        at = made;
      }
    }
  }

  /** Takes a whole branch away, e.g. the file's `replay` when the arguments say --interface. */
  remove(key: string): void {
    delete this.tree[key];
    for (const path of this.#origins.keys()) {
      if (path === key || path.startsWith(`${key}.`)) this.#origins.delete(path);
    }
  }

  addFile(path: string): void {
    const source = `file ${path}`;
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
      this.faults.push({ path: '', source, message: `cannot be read (${code})` });
      return;
    }
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    for (const error of document.errors) {
      const { line, col } = lines.linePos(error.pos[0]);
      this.faults.push({ path: '', source: `${source}:${line}:${col}`, message: error.message });
    }
    if (document.errors.length > 0) return;
    const content: unknown = document.toJS() ?? {};
    if (isTree(content)) this.#addTree(content, [], source);
    else this.faults.push({ path: '', source, message: 'must be a mapping of keys to values' });
  }

  addEnvironment(
    environment: Readonly<Record<string, string | undefined>>,
    leaves: readonly Leaf[],
  ): void {
    const byName = new Map(leaves.map((leaf) => [variableOf(leaf.path), leaf]));
    for (const [name, text] of Object.entries(environment)) {
      if (!name.startsWith(ENV_PREFIX) || text === undefined || text === '') continue;
      const leaf = byName.get(name);
      if (leaf !== undefined) this.set(leaf.path, valueFrom(text, leaf), name);
      else if (!kServiceVariable.test(name)) {
        const near = nearest(name, [...byName.keys()]);
        this.faults.push({ path: '', source: name, message: `unknown variable${near}` });
      }
    }
  }

  #addTree(tree: Tree, path: readonly string[], source: string): void {
    for (const [key, value] of Object.entries(tree)) {
      if (isTree(value)) {
        this.set([...path, key], {}, source);
        this.#addTree(value, [...path, key], source);
      } else if (value !== null) this.set([...path, key], value, source);
    }
  }
}

/** ['spool', 'maxMiB'] → NETMOTH_SENSOR_SPOOL_MAX_MIB */
export function variableOf(path: readonly string[]): string {
  const words = path.map((key) => key.replace('MiB', 'Mib').replace(/([a-z0-9])([A-Z])/g, '$1_$2'));
  return ENV_PREFIX + words.join('_').toUpperCase();
}

/** Text of a variable or an argument as the kind of its key; what does not fit stays text. */
export function valueFrom(text: string, leaf: Pick<Leaf, 'kind'>): unknown {
  switch (leaf.kind) {
    case 'string':
      return text;
    case 'list':
      return text.split(',').map((each) => each.trim());
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'number':
    case 'numberOrWord': {
      const number = Number(text);
      return text.trim() === '' || Number.isNaN(number) ? text : number;
    }
  }
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
