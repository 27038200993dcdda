// The engine as a Node-API addon, build/native/netmoth.node. Invariant: it is rebuilt when a source,
// the compiler or the headers it is built against change; ccache makes that quick in a new clone.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { contentHash, stampedHash, stampHash } from './content-hash.mjs';
import { kBuild, kCache, kRoot } from './paths.mjs';
import { SetupError } from './step-runner.mjs';

const kFolder = join(kBuild, 'native');
const kAddon = join(kFolder, 'netmoth.node');
const kJobs = '2';
const kNotEngine = /^native\/(test|fuzz|bench|lib)$/;

export function nativeStep() {
  return {
    name: 'native',
    title: 'the engine',
    needs: ['packages', 'npm'],
    fresh: () => existsSync(kAddon) && stampedHash('native') === sourceHash(),
    async run({ say, exec }) {
      if (!existsSync(join(kRoot, 'native', 'CMakeLists.txt'))) {
        throw new SetupError('native/CMakeLists.txt is missing: this is not a whole clone');
      }
      const hash = sourceHash();
      say('building the addon (C++, Release)');
      const options = { env: ccacheEnvironment() };
      await exec('cmake', configureArguments(kFolder, ['-DCMAKE_BUILD_TYPE=Release']), options);
      await exec('cmake', ['--build', kFolder, '--target', 'netmoth_addon', '-j', kJobs], options);
      if (!existsSync(kAddon)) {
        throw new SetupError('the build of netmoth_addon made no build/native/netmoth.node');
      }
      stampHash('native', hash);
    },
  };
}

export function configureArguments(folder, definitions) {
  return ['-G', 'Ninja', '-S', join(kRoot, 'native'), '-B', folder, ...definitions];
}

/** One compiler cache for all clones: paths below the clone count as relative. */
export function ccacheEnvironment() {
  const folder = join(kCache, 'ccache');
  mkdirSync(folder, { recursive: true });
  return { CCACHE_DIR: folder, CCACHE_BASEDIR: kRoot, CCACHE_NOHASHDIR: '1', CCACHE_MAXSIZE: '2G' };
}

function sourceHash() {
  const paths = [
    'native',
    'node_modules/node-addon-api/package.json',
    'node_modules/node-api-headers/package.json',
  ];
  return contentHash(paths, kNotEngine, [compilerVersion()]);
}

function compilerVersion() {
  try {
    return execFileSync('g++', ['-dumpfullversion', '-dumpmachine'], { encoding: 'utf8' });
  } catch {
    return 'none';
  }
}
