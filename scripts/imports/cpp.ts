// The include rule for C++. Invariants: comments and string literals do not count, every real #include
// does; napi.h and node_api.h appear in src/addon alone, so the engine builds without Node.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cppAllowed } from './layers.ts';
import { sourceFiles } from './source-files.ts';
import { type Findings, lineAt, type Violation } from './violation.ts';

/** Where the engine's includes start. */
export const kSource = 'native/src';
const kNodeHeaders = new Set(['napi.h', 'node_api.h', 'js_native_api.h', 'uv.h', 'v8.h']);
/** Comment, raw string, string, character: whichever begins first wins, as in the language. */
const kNotCode =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|R"([^\s()\\]{0,16})\([\s\S]*?\)\1"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g;
const kInclude = /^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>|(\S+))/gm;

export function checkCpp(root: string): Findings {
  const files = sourceFiles(root, ['native'], /\.(cc|h|cpp|hpp)$/);
  const violations: Violation[] = [];
  let imports = 0;
  for (const file of files) {
    const source = readFileSync(join(root, file), 'utf8');
    for (const { name, quoted, offset } of includesOf(source)) {
      imports += 1;
      const found = judge(root, file, name, quoted);
      if (found !== undefined) violations.push({ file, line: lineAt(source, offset), ...found });
    }
  }
  return { files: files.length, imports, violations };
}

function judge(
  root: string,
  file: string,
  name: string | undefined,
  quoted: boolean,
): Pick<Violation, 'rule' | 'message'> | undefined {
  const from = folderOf(file);
  if (name === undefined) {
    return { rule: 'computed', message: 'an include of a macro cannot be checked' };
  }
  if (kNodeHeaders.has(name)) {
    if (from === 'addon') return undefined;
    return { rule: 'napi', message: `${name} belongs in native/src/addon alone` };
  }
  const [to = ''] = name.split('/');
  if (!name.includes('/') || !cppAllowed.has(to)) {
    if (!quoted || isLocal(root, file, name) || isGenerated(root, name)) return undefined;
    return { rule: 'unresolved', message: `"${name}" is no header of the engine; use <…>` };
  }
  if (!existsSync(join(root, kSource, name))) {
    return { rule: 'unresolved', message: `${name} is no file in ${kSource}` };
  }
  if (from === undefined || cppAllowed.get(from)?.has(to)) return undefined;
  return { rule: 'downward', message: `${from} may not include ${name}` };
}

/** The folder of native/src; undefined for tests, fuzzers and benchmarks, which may include all. */
function folderOf(file: string): string | undefined {
  if (!file.startsWith(`${kSource}/`)) return undefined;
  return file.slice(kSource.length + 1).split('/')[0];
}

/** Beside the file, or, for tests and fuzzers, from the root of their own tree; never upwards. */
function isLocal(root: string, file: string, name: string): boolean {
  if (name.startsWith('.')) return false;
  const [native = '', tree = ''] = file.split('/');
  const beside = existsSync(join(root, dirname(file), name));
  const inTree = folderOf(file) === undefined && existsSync(join(root, native, tree, name));
  return beside || inTree || (folderOf(file) === undefined && /^(test|fuzz|bench)\//.test(name));
}

/** Made by the build: the build files name it. */
function isGenerated(root: string, name: string): boolean {
  if (!/\.(inc|skel\.h)$/.test(name)) return false;
  const buildFiles = sourceFiles(root, ['native'], /^CMakeLists\.txt$|\.cmake$/);
  return buildFiles.some((file) => readFileSync(join(root, file), 'utf8').includes(name));
}

/** The names a source includes, as written; undefined for a macro. */
export function* includesOf(
  source: string,
): Generator<{ name: string | undefined; quoted: boolean; offset: number }> {
  for (const match of withoutComments(source).matchAll(kInclude)) {
    const [, quoted, angled] = match;
    yield { name: quoted ?? angled, quoted: quoted !== undefined, offset: match.index };
  }
}

/** Blanks comments and multi-line literals but keeps offsets, lines and the names of includes. */
function withoutComments(source: string): string {
  return source.replace(kNotCode, (text) =>
    text.startsWith('"') || text.startsWith("'") ? text : text.replace(/[^\n]/g, ' '),
  );
}
