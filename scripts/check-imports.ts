// `node scripts/check-imports.ts [ROOT]`: the import rule of the house, for TypeScript and C++. Invariant:
// it says how much it read, and having read nothing of either language is a failure, not a pass.
import { join } from 'node:path';
import { checkCpp } from './imports/cpp.ts';
import { checkTypeScript } from './imports/typescript.ts';
import type { Findings } from './imports/violation.ts';

/** True when the tree keeps the rule. */
export function checkImports(root: string, say: (line: string) => void): boolean {
  const typeScript = report('TypeScript', checkTypeScript(root), say);
  const cpp = report('C++', checkCpp(root), say);
  return typeScript && cpp;
}

function report(
  language: string,
  { files, imports, violations }: Findings,
  say: (line: string) => void,
): boolean {
  for (const { file, line, rule, message } of violations) {
    say(`${file}:${line}: ${message} [${rule}]`);
  }
  say(`${language}: ${files} files, ${imports} imports read, ${violations.length} violations`);
  if (files > 0 && imports > 0) return violations.length === 0;
  say(`${language}: nothing was read, so nothing was checked`);
  return false;
}

if (import.meta.main) {
  const root = process.argv[2] ?? join(import.meta.dirname, '..');
  process.exitCode = checkImports(root, console.log) ? 0 : 1;
}
