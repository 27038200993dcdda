import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '#testkit/temporary.ts';

const kProgram = join(import.meta.dirname, 'netmoth.mjs');
const kMain = `
  console.log(JSON.stringify({ node: process.versions.node, args: process.argv.slice(2) }));
  process.exit(7);
`;

/** A clone in which set-up has been run, as far as the program can see, with a main of ours. */
function cloneWith({ setUp }: { setUp: boolean }) {
  const directory = temporaryDirectory();
  const place = (path: string, text: string): void => {
    mkdirSync(dirname(join(directory.path, path)), { recursive: true });
    writeFileSync(join(directory.path, path), text);
  };
  place('cli/src/main.ts', kMain);
  place('package.json', '{"type":"module"}');
  mkdirSync(join(directory.path, 'cli/bin'), { recursive: true });
  copyFileSync(kProgram, join(directory.path, 'cli/bin/netmoth.mjs'));
  mkdirSync(join(directory.path, 'node_modules/.bin'), { recursive: true });
  symlinkSync('../../cli/bin/netmoth.mjs', join(directory.path, 'node_modules/.bin/netmoth'));
  if (setUp) {
    place('build/native/netmoth.node', '');
    symlinkSync(process.execPath, join(directory.path, 'node_modules/.bin/node'));
  }
  return directory;
}

/** A Node before 24 that is installed beside ours, if there is one. */
function olderNode(): string | undefined {
  return ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
    const major = /^v(\d+)/.exec(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? '');
    return major !== null && Number(major[1]) < 24;
  });
}

function run(node: string, clone: string, ...args: string[]) {
  return spawnSync(node, [join(clone, 'node_modules/.bin/netmoth'), ...args], { encoding: 'utf8' });
}

describe('netmoth.mjs', () => {
  it('without set-up says in one line what to run', () => {
    using clone = cloneWith({ setUp: false });
    const { status, stdout, stderr } = run(process.execPath, clone.path, 'read', 'x');
    expect({ status, stdout }).toEqual({ status: 72, stdout: '' });
    expect(stderr).toBe(`netmoth: not set up yet; run \`npm run setup\` in ${clone.path}\n`);
  });

  it('starts main through the symlink npx uses, with arguments and exit status', () => {
    using clone = cloneWith({ setUp: true });
    const { status, stdout } = run(process.execPath, clone.path, 'read', '--eve', 'a b');
    expect(status).toBe(7);
    expect(JSON.parse(stdout)).toEqual({
      node: process.versions.node,
      args: ['read', '--eve', 'a b'],
    });
  });

  it('goes on under the Node that set-up installed when it is started by an older one', (context) => {
    const older = olderNode();
    if (older === undefined) return context.skip('no Node before 24 is installed here');
    using clone = cloneWith({ setUp: true });
    const { status, stdout } = run(older, clone.path, 'status');
    expect(status).toBe(7);
    expect(JSON.parse(stdout)).toEqual({ node: process.versions.node, args: ['status'] });
  });
});
