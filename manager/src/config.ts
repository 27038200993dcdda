/**
 * Reads the manager's configuration once: file < environment < arguments.
 *
 * Invariants: the only file of the manager that reads the environment; it returns a complete, checked
 * configuration or throws one NM_CONFIG_INVALID that names every fault with its path and source.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { NetmothError } from '#contracts/errors.ts';
import { nearestName } from '#contracts/nearest.ts';
import {
  keysAt,
  type Leaf,
  leavesOf,
  type ManagerConfig,
  managerConfigSchema,
} from './config-schema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export const ENV_PREFIX = 'NETMOTH_MANAGER_';
/** Kubernetes sets these for a Service called netmoth-manager; they are not configuration. */
const SERVICE_VARIABLE = /^NETMOTH_MANAGER_(SERVICE_|PORT(_|$))/;

/** Arguments: flag → key. `--set path=value` reaches every other key. */
export const FLAGS: Readonly<Record<string, { readonly path: string; readonly help: string }>> = {
  listen: { path: 'listen', help: 'HOST:PORT of dashboard, API and probes' },
  store: { path: 'store.url', help: 'postgres://user:password@host[,host…]/database' },
  nats: { path: 'nats.servers', help: 'NATS servers, comma between them' },
  geoip: { path: 'geoipFile', help: 'MaxMind database for countries' },
  'log-level': { path: 'logLevel', help: 'trace, debug, info, warn, error, fatal or silent' },
};

interface Fault {
  readonly path: string;
  readonly source: string;
  readonly message: string;
}

type Tree = { [key: string]: unknown };

export type Loaded =
  | { readonly help: true }
  | { readonly help: false; readonly config: ManagerConfig };

export function loadConfig(
  argv: readonly string[],
  environment: Environment = process.env,
): Loaded {
  const given = readArguments(argv);
  if (given.help) return { help: true };
  const sources = new Sources();
  if (given.file !== undefined) sources.addFile(given.file);
  sources.addEnvironment(environment);
  for (const { path, text, source } of given.values) sources.addText(path, text, source);
  return { help: false, config: sources.judge() };
}

class Sources {
  readonly #tree: Tree = {};
  readonly #faults: Fault[] = [];
  readonly #origins = new Map<string, string>();
  readonly #leaves = leavesOf(managerConfigSchema);

  addFile(file: string): void {
    const source = `file ${file}`;
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
      this.#faults.push({ path: '', source, message: `cannot be read (${code})` });
      return;
    }
    const document = parseDocument(text, { prettyErrors: true });
    for (const error of document.errors) {
      this.#faults.push({ path: '', source, message: error.message.split('\n')[0] ?? '' });
    }
    if (document.errors.length > 0) return;
    const content: unknown = document.toJS() ?? {};
    if (isTree(content)) this.#addTree(content, [], source);
    else this.#faults.push({ path: '', source, message: 'must be a mapping of keys to values' });
  }

  addEnvironment(environment: Environment): void {
    const byName = new Map(this.#leaves.map((leaf) => [variableOf(leaf.path), leaf]));
    for (const [name, text] of Object.entries(environment)) {
      if (!name.startsWith(ENV_PREFIX) || text === undefined || text === '') continue;
      const leaf = byName.get(name);
      if (leaf !== undefined) this.#set(leaf.path, valueAs(text, leaf), name);
      else if (!SERVICE_VARIABLE.test(name)) {
        this.#faults.push({
          path: '',
          source: name,
          message: `unknown variable${did(name, [...byName.keys()])}`,
        });
      }
    }
  }

  addText(path: string, text: string, source: string): void {
    const leaf = this.#leaves.find((each) => each.path.join('.') === path);
    if (leaf !== undefined) {
      this.#set(leaf.path, valueAs(text, leaf), source);
      return;
    }
    const near = did(
      path,
      this.#leaves.map((each) => each.path.join('.')),
    );
    this.#faults.push({ path, source, message: `unknown key${near}` });
  }

  judge(): ManagerConfig {
    const parsed = managerConfigSchema.safeParse(this.#tree, { reportInput: true });
    const faults = [...this.#faults];
    for (const issue of parsed.error?.issues ?? []) {
      const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
      for (const key of unknown) {
        const path = key === undefined ? issue.path : [...issue.path, key];
        const message =
          key === undefined ? wordsOf(issue) : `unknown key${did(key, keysAt(issue.path))}`;
        faults.push({ path: path.join('.'), source: this.#originOf(path), message });
      }
    }
    if (parsed.success && faults.length === 0) return parsed.data;
    const texts = faults.map(({ path, source, message }) =>
      path === '' ? `${source}: ${message}` : `${path}: ${message} (${source})`,
    );
    const many = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
    throw new NetmothError('NM_CONFIG_INVALID', `Configuration, ${many}: ${texts.join('; ')}`);
  }

  #addTree(tree: Tree, path: readonly string[], source: string): void {
    for (const [key, value] of Object.entries(tree)) {
      if (isTree(value)) this.#addTree(value, [...path, key], source);
      else if (value !== null) this.#set([...path, key], value, source);
    }
  }

  #set(path: readonly string[], value: unknown, source: string): void {
    let at = this.#tree;
    for (const [depth, key] of path.entries()) {
      this.#origins.set(path.slice(0, depth + 1).join('.'), source);
      if (depth === path.length - 1) at[key] = value;
      else {
        const next = isTree(at[key]) ? at[key] : {};
        at[key] = next;
        at = next;
      }
    }
  }

  #originOf(path: readonly PropertyKey[]): string {
    for (let length = path.length; length > 0; length -= 1) {
      const origin = this.#origins.get(path.slice(0, length).join('.'));
      if (origin !== undefined) return origin;
    }
    const leaf = this.#leaves.find((each) => each.path.join('.') === path.join('.'));
    return leaf === undefined ? 'default' : variableOf(leaf.path);
  }
}

interface Given {
  readonly help: boolean;
  readonly file: string | undefined;
  readonly values: readonly {
    readonly path: string;
    readonly text: string;
    readonly source: string;
  }[];
}

function readArguments(argv: readonly string[]): Given {
  const known = ['config', 'set', 'help', ...Object.keys(FLAGS)];
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      known.map((flag) => [flag, { type: flag === 'help' ? 'boolean' : 'string' }] as const),
    ),
  });
  const values: { path: string; text: string; source: string }[] = [];
  let help = false;
  let file: string | undefined;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') throw usage(`unexpected argument "${token.value}"`);
    const source = `--${token.name}`;
    if (!known.includes(token.name)) {
      const flags = known.map((flag) => `--${flag}`);
      throw usage(`unknown option ${token.rawName}${did(token.rawName, flags)}`);
    }
    if (token.name === 'help') {
      help = true;
      continue;
    }
    if (token.value === undefined || token.value === '') throw usage(`${source} needs a value`);
    if (token.name === 'config') file = token.value;
    else if (token.name === 'set') {
      const [path = '', ...rest] = token.value.split('=');
      values.push({ path, text: rest.join('='), source: `--set ${path}` });
    } else values.push({ path: FLAGS[token.name]?.path ?? '', text: token.value, source });
  }
  return { help, file, values };
}

export function helpText(): string {
  const rows = Object.entries(FLAGS).map(([flag, { help }]) => `  --${flag.padEnd(12)} ${help}`);
  return [
    'Usage: netmoth manager [options]',
    '',
    'Runs one manager replica: stores the events of the bus, serves API and dashboard.',
    '',
    'Options:',
    '  --config       YAML file',
    ...rows,
    '  --set          KEY=VALUE of any key of the file, such as retention.flows=14',
    '  --help         this text',
    '',
    'Examples:',
    '  netmoth manager --store postgres://netmoth@db/netmoth --nats nats://bus:4222',
    '  NETMOTH_MANAGER_STORE_URL=postgres://… netmoth manager --listen 0.0.0.0:8470',
    '',
    'Every key is also an environment variable: NETMOTH_MANAGER_RETENTION_FLOWS sets retention.flows.',
    'Arguments win over the environment, the environment over the file.',
    '',
  ].join('\n');
}

/** ['nats', 'streamMaxMiB'] → NETMOTH_MANAGER_NATS_STREAM_MAX_MIB */
export function variableOf(path: readonly string[]): string {
  const words = path.map((key) => key.replace('MiB', 'Mib').replace(/([a-z0-9])([A-Z])/g, '$1_$2'));
  return ENV_PREFIX + words.join('_').toUpperCase();
}

function valueAs(text: string, { kind }: Leaf): unknown {
  if (kind === 'list') return text.split(',').map((each) => each.trim());
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (kind === 'number') return Number.isNaN(Number(text)) ? text : Number(text);
  return text;
}

function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is needed';
  return issue.message.replace(/^Invalid input: /, '');
}

function did(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === undefined ? '' : `, did you mean ${near}?`;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function usage(message: string): NetmothError {
  return new NetmothError('NM_USAGE', `netmoth manager: ${message}; see netmoth manager --help.`);
}
