// The import rule for TypeScript, on the syntax tree of a real parser. Invariant: every way to name a
// module counts (import, export from, import(), import types, require), and one that cannot be read off
// the source is itself a finding.
import { existsSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { parseSync } from 'vite';
import { environmentParts, packagesAllowed, partOf, typeScriptAllowed } from './layers.ts';
import { sourceFiles } from './source-files.ts';
import { type Findings, lineAt, type Violation } from './violation.ts';

const kFolders = [...typeScriptAllowed.keys(), 'scripts', 'bench', 'samples'].filter(
  (folder) => folder !== 'web',
);
/** Tests and what only tests use. */
const kTestFile =
  /\.test\.tsx?$|\/testing\/|^manager\/web\/browser\/|^scripts\/(e2e\/|tests\/((main|engine)\.ts|differential\/))/;
const kConfigFile = /(^|\/)(config|vite\.config|vitest\.config)\.ts$/;

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

interface Reference {
  /** Undefined when the name is computed. */
  readonly specifier: string | undefined;
  readonly offset: number;
}

export function checkTypeScript(root: string): Findings {
  const subpaths = subpathImports(root);
  const violations: Violation[] = [];
  let imports = 0;
  const files = sourceFiles(root, kFolders, /\.(ts|tsx|mts|mjs)$/);
  for (const file of files) {
    const source = readFileSync(join(root, file), 'utf8');
    const { references, environmentReads } = readModule(file, source);
    imports += references.length;
    for (const { specifier, offset } of references) {
      const found = judge(root, file, specifier, subpaths);
      if (found !== undefined) violations.push({ file, line: lineAt(source, offset), ...found });
    }
    if (!mayReadEnvironment(file)) {
      for (const offset of environmentReads) {
        const message = 'only config.ts files read the environment';
        violations.push({ file, line: lineAt(source, offset), rule: 'environment', message });
      }
    }
  }
  return { files: files.length, imports, violations };
}

function judge(
  root: string,
  file: string,
  specifier: string | undefined,
  subpaths: ReadonlyMap<string, string>,
): Pick<Violation, 'rule' | 'message'> | undefined {
  const from = partOf(file);
  if (specifier === undefined) {
    if (from === undefined || kTestFile.test(file) || file.startsWith('cli/bin/')) return undefined;
    return { rule: 'computed', message: 'an import of a computed name cannot be checked' };
  }
  const target = resolveOwn(file, specifier, subpaths);
  if (target === undefined) {
    const allowed = from === undefined ? undefined : packagesAllowed.get(from);
    if (allowed === undefined || allowed.test(specifier) || kTestFile.test(file)) return undefined;
    return { rule: 'package', message: `${from} may not use the package ${specifier}` };
  }
  if (!existsSync(join(root, target))) {
    return { rule: 'unresolved', message: `${specifier} is no file` };
  }
  const to = partOf(target);
  if (kTestFile.test(target) && to !== 'testkit' && !kTestFile.test(file)) {
    return { rule: 'testkit', message: `${specifier} is for tests alone` };
  }
  if (to === 'testkit') {
    if (from === 'testkit' || kTestFile.test(file)) return undefined;
    return { rule: 'testkit', message: 'testkit is imported by tests alone' };
  }
  if (from === undefined || to === undefined || typeScriptAllowed.get(from)?.has(to)) {
    return undefined;
  }
  return { rule: 'downward', message: `${from} may not import ${to} (${specifier})` };
}

/** The path in the clone that a specifier of ours means; undefined for packages. */
function resolveOwn(
  file: string,
  specifier: string,
  subpaths: ReadonlyMap<string, string>,
): string | undefined {
  const bare = specifier.replace(/\?.*$/, '');
  if (bare.startsWith('.')) return normalize(join(file, '..', bare));
  for (const [prefix, folder] of subpaths) {
    if (bare.startsWith(prefix)) return normalize(join(folder, bare.slice(prefix.length)));
  }
  return bare.startsWith('#') || bare.startsWith('/') ? bare : undefined;
}

/** package.json "imports": `#part/*` → `./part/src/*`. */
function subpathImports(root: string): Map<string, string> {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  const { imports } = JSON.parse(text) as { imports: Record<string, string> };
  return new Map(
    Object.entries(imports).map(([key, path]) => [key.replace('*', ''), path.replace('*', '')]),
  );
}

function mayReadEnvironment(file: string): boolean {
  const part = partOf(file);
  return (
    part === undefined ||
    !environmentParts.has(part) ||
    kConfigFile.test(file) ||
    kTestFile.test(file)
  );
}

function readModule(
  file: string,
  source: string,
): { references: Reference[]; environmentReads: number[] } {
  const { program, errors } = parseSync(file, source);
  const fault = errors[0];
  if (fault !== undefined) throw new Error(`${file} cannot be parsed: ${fault.message}`);
  const references: Reference[] = [];
  const environmentReads: number[] = [];
  walk(program, (node) => {
    const named = namedModule(node);
    if (named !== undefined) references.push({ specifier: literal(named), offset: node.start });
    if (isProcessEnv(node)) environmentReads.push(node.start);
  });
  return { references, environmentReads };
}

/** The expression in which a node names a module; undefined for nodes that name none. */
function namedModule(node: Node): unknown {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return node['source'] ?? node['argument'];
    case 'ExportNamedDeclaration':
      return node['source'] ?? undefined;
    case 'TSExternalModuleReference':
      return node['expression'];
    case 'CallExpression':
      return isNamed(node['callee'], 'require') ? firstOf(node['arguments']) : undefined;
    default:
      return undefined;
  }
}

function literal(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === 'TSLiteralType') return literal(value['literal']);
  const text = value['value'];
  return value.type === 'Literal' && typeof text === 'string' ? text : undefined;
}

/** `process.env`, `process['env']`, `{ env } = process` and `import { env } from 'node:process'`. */
function isProcessEnv(node: Node): boolean {
  if (node.type === 'MemberExpression') {
    const property = node['property'];
    return (
      isNamed(node['object'], 'process') &&
      (isNamed(property, 'env') || literal(property) === 'env')
    );
  }
  if (node.type === 'VariableDeclarator' && isNamed(node['init'], 'process')) {
    return JSON.stringify(node['id']).includes('"name":"env"');
  }
  if (node.type !== 'ImportDeclaration') return false;
  const source = literal(node['source']);
  const specifiers = JSON.stringify(node['specifiers']);
  return (source === 'node:process' || source === 'process') && specifiers.includes('"name":"env"');
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit);
    return;
  }
  if (!isNode(value)) return;
  visit(value);
  for (const child of Object.values(value)) {
    if (typeof child === 'object' && child !== null) walk(child, visit);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}

function isNamed(value: unknown, name: string): boolean {
  return isNode(value) && value.type === 'Identifier' && value['name'] === name;
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined;
}
