import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '#testkit/temporary.ts';
import { checkImports } from './check-imports.ts';
import { checkCpp } from './imports/cpp.ts';
import { checkTypeScript } from './imports/typescript.ts';

const kPackage = JSON.stringify({
  imports: {
    '#contracts/*': './contracts/src/*',
    '#sensor/*': './sensor/src/*',
    '#manager/*': './manager/src/*',
    '#cli/*': './cli/src/*',
    '#testkit/*': './testkit/src/*',
  },
});

/** A clean tree of every part, with the planted files on top. */
function plantedTree(planted: Record<string, string>) {
  const directory = temporaryDirectory();
  const files: Record<string, string> = {
    'package.json': kPackage,
    'contracts/src/words.ts': "import { z } from 'zod';\nexport const word = z.string();\n",
    'sensor/src/agent.ts': "import { word } from '#contracts/words.ts';\nexport { word };\n",
    'manager/src/ingest.ts': "import { word } from '#contracts/words.ts';\nexport { word };\n",
    'manager/src/config.ts': 'export const home = process.env.HOME;\n',
    'manager/web/src/page.ts': "import { word } from '#contracts/words.ts';\nexport { word };\n",
    'cli/src/main.ts': "import '#sensor/agent.ts';\nimport '#manager/ingest.ts';\n",
    'testkit/src/nats.ts': "import '#cli/main.ts';\nexport const nats = 1;\n",
    'manager/src/testing/bed.ts': "import '#testkit/nats.ts';\nexport const bed = 1;\n",
    'sensor/src/agent.test.ts': "import '#testkit/nats.ts';\nprocess.env.X = '1';\n",
    'native/src/base/types.h': '#include <cstdint>\n',
    'native/src/decode/packet.h': '#include "base/types.h"\n',
    'native/src/flow/table.cc': '#include "decode/packet.h"\n// #include "addon/addon.h"\n',
    'native/src/addon/addon.cc': '#include <napi.h>\n#include "flow/../flow/table.cc"\n',
    'native/test/flow/table_test.cc': '#include "decode/packet.h"\n#include "flow/packets.h"\n',
    'native/test/flow/packets.h': '#include <vector>\n',
    ...planted,
  };
  // A test's own headers are found from native/test, which the planted tree has as well.
  files['native/src/flow/packets.h'] ??= '#include <vector>\n';
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory.path, path)), { recursive: true });
    writeFileSync(join(directory.path, path), text);
  }
  return directory;
}

const kPlantedTypeScript: readonly [name: string, file: string, text: string, finding: string][] = [
  ['sensor → manager', 'sensor/src/a.ts', "import '#manager/ingest.ts';", 'downward'],
  [
    'manager → sensor, as a type',
    'manager/src/a.ts',
    "import type {} from '#sensor/agent.ts';",
    'downward',
  ],
  [
    'manager → sensor, relative',
    'manager/src/a.ts',
    "export * from '../../sensor/src/agent.ts';",
    'downward',
  ],
  [
    'contracts → sensor, re-export',
    'contracts/src/a.ts',
    "export { word } from '#sensor/agent.ts';",
    'downward',
  ],
  [
    'sensor → cli, import()',
    'sensor/src/a.ts',
    "export const a = () => import('#cli/main.ts');",
    'downward',
  ],
  [
    'sensor → manager, import type',
    'sensor/src/a.ts',
    "export type A = import('#manager/ingest.ts').A;",
    'downward',
  ],
  [
    'sensor → manager, require',
    'sensor/src/a.ts',
    "require('../../manager/src/ingest.ts');",
    'downward',
  ],
  ['test of sensor → manager', 'sensor/src/a.test.ts', "import '#manager/ingest.ts';", 'downward'],
  [
    'page → manager',
    'manager/web/src/a.tsx',
    "import '../../src/ingest.ts';\nexport const a = <p/>;",
    'downward',
  ],
  ['sensor → page', 'sensor/src/a.ts', "import '../../manager/web/src/page.ts';", 'downward'],
  ['cli → testkit', 'cli/src/a.ts', "import '#testkit/nats.ts';", 'testkit'],
  ['script → testkit', 'scripts/a.ts', "import '#testkit/nats.ts';", 'testkit'],
  ['program → what is for tests', 'manager/src/a.ts', "import './testing/bed.ts';", 'testkit'],
  ['contracts → a package', 'contracts/src/a.ts', "import pg from 'pg';", 'package'],
  [
    'a computed import',
    'sensor/src/a.ts',
    'export const a = (b: string) => import(b);',
    'computed',
  ],
  ['a file that is not there', 'sensor/src/a.ts', "import '#contracts/nothing.ts';", 'unresolved'],
  ['process.env', 'sensor/src/a.ts', 'export const a = process.env.HOME;', 'environment'],
  ["process['env']", 'sensor/src/a.ts', "export const a = process['env'];", 'environment'],
  ['env of node:process', 'cli/src/a.ts', "import { env } from 'node:process';", 'environment'],
  ['{ env } = process', 'cli/src/a.ts', 'const { env } = process;', 'environment'],
];

const kPlantedCpp: readonly [name: string, file: string, text: string, finding: string][] = [
  ['decode → flow', 'native/src/decode/a.h', '#include "flow/table.cc"', 'downward'],
  ['decode → capture', 'native/src/decode/a.h', '#include "capture/b.h"', 'downward'],
  [
    'base → decode, spaced out',
    'native/src/base/a.h',
    '  #  include  <decode/packet.h>',
    'downward',
  ],
  [
    'flow → addon after a comment',
    'native/src/flow/a.h',
    '/* x */\n#include "addon/addon.cc"',
    'downward',
  ],
  ['napi.h in flow', 'native/src/flow/a.h', '#include <napi.h>', 'napi'],
  ['node_api.h in a test', 'native/test/flow/a.cc', '#include <node_api.h>', 'napi'],
  ['upwards by path', 'native/src/decode/a.h', '#include "../flow/table.cc"', 'unresolved'],
  ['a header that is not there', 'native/src/flow/a.h', '#include "base/none.h"', 'unresolved'],
  ['a table that no build file makes', 'native/src/flow/a.h', '#include "a.inc"', 'unresolved'],
  ['an include of a macro', 'native/src/flow/a.h', '#include HEADER', 'computed'],
];

describe('the import rule', () => {
  it('finds nothing in a clean tree and counts what it read', () => {
    using tree = plantedTree({});
    expect(checkTypeScript(tree.path)).toEqual({ files: 9, imports: 9, violations: [] });
    expect(checkCpp(tree.path).violations).toEqual([]);
    expect(checkCpp(tree.path).imports).toBe(9);
  });

  it.each(kPlantedTypeScript)('catches in TypeScript: %s', (_name, file, text, rule) => {
    using tree = plantedTree({ [file]: `\n${text}\n` });
    const { violations } = checkTypeScript(tree.path);
    expect(violations).toEqual([expect.objectContaining({ file, line: 2, rule })]);
  });

  it.each(kPlantedCpp)('catches in C++: %s', (_name, file, text, rule) => {
    using tree = plantedTree({ 'native/src/capture/b.h': '#include <span>', [file]: text });
    const { violations } = checkCpp(tree.path);
    expect(violations).toEqual([expect.objectContaining({ file, rule })]);
  });

  it('does not take comments and literals for includes', () => {
    const text = [
      '// #include "addon/addon.cc"',
      '/*',
      '#include "addon/addon.cc"',
      '*/',
      'const char* a = R"x(',
      '#include "addon/addon.cc"',
      ')x";',
      'const char* b = "/*";',
      '#include "base/types.h"',
    ].join('\n');
    using tree = plantedTree({ 'native/src/flow/a.h': text });
    expect(checkCpp(tree.path)).toMatchObject({ imports: 10, violations: [] });
  });

  it('takes a table that the build makes', () => {
    using tree = plantedTree({
      'native/cmake/tables.cmake': 'add_custom_command(OUTPUT a.inc)',
      'native/src/flow/a.h': '#include "a.inc"',
    });
    expect(checkCpp(tree.path).violations).toEqual([]);
  });

  it('fails when it read nothing', () => {
    using tree = temporaryDirectory();
    writeFileSync(join(tree.path, 'package.json'), kPackage);
    const said: string[] = [];
    expect(checkImports(tree.path, (line) => said.push(line))).toBe(false);
    expect(said.join('\n')).toContain('nothing was read');
  });

  it('fails on a file it cannot parse', () => {
    using tree = plantedTree({ 'sensor/src/a.ts': 'import {' });
    expect(() => checkTypeScript(tree.path)).toThrow('sensor/src/a.ts cannot be parsed');
  });
});
