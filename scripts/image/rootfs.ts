// Everything an image holds, as a folder: Node, the engine with the libraries it is linked to, our sources, and the
// packages they import. Invariants: nothing is there that does not run (no shell, no tests, no compiler, no
// development packages); what is copied is named by the lock file, the imports of ours, or the linker.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { NetmothError } from '#contracts/errors.ts';
import { shippedPackages } from './packages.ts';
import { sbomOf } from './sbom.ts';

export const kHome = '/opt/netmoth';
export const kEntrypoint = [`${kHome}/node_modules/.bin/node`, `${kHome}/cli/bin/netmoth.mjs`];
export const kUser = '65532';

const kSources = [
  ...['contracts/src', 'crds/src', 'signatures/src', 'native/lib', 'sensor/src', 'operator/src'],
  ...['manager/src', 'cli/src', 'cli/bin'],
];
const kNotShipped = /(\.test\.ts$)|(\/testing(\/|$))|(\/generate\.ts$)/;
/** Of packages: tests, types and maps. */
const kNotRun = /\.(test|spec)\.\w+$|\.d\.[cm]?ts$|\.map$|\/src\/testing(\/|$)/;
/** What the manager knows of addresses and interfaces (Debian's libloc-database and ieee-data), where it is installed. */
const kKnowledge = ['/usr/share/libloc-location/location.db', '/usr/share/ieee-data/oui.txt'];
const kEngine = 'build/native/netmoth.node';
const kNode = 'node_modules/node/bin/node';
/** What libmagic looks names up in; Debian keeps it in either place. */
const kMagic = ['/usr/lib/file/magic.mgc', '/usr/share/misc/magic.mgc'];

/** Makes the folder `out`, which is not there yet. */
export function makeRootfs(root: string, out: string): void {
  for (const needed of [kEngine, kNode]) {
    if (existsSync(join(root, needed))) continue;
    const text = `${needed} is missing: run \`npm run setup\` in ${root}`;
    throw new NetmothError('NM_SETUP_MISSING', text);
  }
  const home = join(out, kHome);
  for (const source of kSources) copySource(join(root, source), join(home, source));
  for (const file of ['package.json', kEngine]) copyFile(join(root, file), join(home, file));
  const web = join(root, 'manager/web/dist');
  if (existsSync(web)) cpSync(web, join(home, 'manager/web/dist'), { recursive: true });
  const packages = shippedPackages(root);
  for (const path of packages.keys()) {
    cpSync(join(root, path), join(home, path), {
      recursive: true,
      dereference: true,
      filter: isOwn(join(root, path)),
    });
  }
  copyFile(realpathSync(join(root, kNode)), join(home, kNode));
  chmodSync(join(home, kNode), 0o755);
  mkdirSync(join(home, 'node_modules/.bin'), { recursive: true });
  symlinkSync('../node/bin/node', join(home, 'node_modules/.bin/node'));
  const libraries = linkedLibraries([join(root, kNode), join(root, kEngine)]);
  for (const library of libraries) copyFile(realpathSync(library), join(out, library));
  const knowledge = kKnowledge.filter((file) => existsSync(file));
  for (const file of knowledge) copyFile(realpathSync(file), join(out, file));
  copyFile(magicFile(), join(out, kMagic[0] ?? ''));
  mkdirSync(join(out, 'usr/share/misc'), { recursive: true });
  symlinkSync('../../lib/file/magic.mgc', join(out, kMagic[1] ?? ''));
  writeAccounts(out);
  const version = String(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
  const bill = sbomOf({ version, packages, libraries: [...libraries, ...knowledge] });
  writeFileSync(join(home, 'sbom.cdx.json'), `${JSON.stringify(bill, null, 1)}\n`);
}

/** A package without those it brings along: the lock file names them by themselves. */
function isOwn(folder: string): (path: string) => boolean {
  return (path) =>
    !relative(folder, path).split('/').includes('node_modules') && !kNotRun.test(path);
}

function copySource(from: string, to: string): void {
  cpSync(from, to, { recursive: true, filter: (path) => !kNotShipped.test(path) });
}

function copyFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { dereference: true });
}

/** By the linker's own word, the linker among them. */
export function linkedLibraries(programs: readonly string[]): string[] {
  const found = new Set<string>();
  for (const program of programs) {
    const listed = execFileSync('ldd', [program], { encoding: 'utf8' });
    if (listed.includes('not found')) throw new Error(`${program}: ${listed}`);
    for (const [, path = ''] of listed.matchAll(/(\/\S+) \(0x/g)) found.add(path);
  }
  return [...found].sort();
}

function magicFile(): string {
  const found = kMagic.find((path) => existsSync(path));
  if (found === undefined) throw new Error(`libmagic has no ${kMagic.join(' or ')}`);
  return realpathSync(found);
}

function writeAccounts(out: string): void {
  mkdirSync(join(out, 'etc'), { recursive: true });
  for (const folder of ['tmp', 'var/lib/netmoth', 'proc', 'sys', 'dev']) {
    mkdirSync(join(out, folder), { recursive: true });
  }
  chmodSync(join(out, 'tmp'), 0o1777);
  writeFileSync(
    join(out, 'etc/passwd'),
    `root:x:0:0:root:/:/none\nnetmoth:x:${kUser}:${kUser}:netmoth:/:/none\n`,
  );
  writeFileSync(join(out, 'etc/group'), `root:x:0:\nnetmoth:x:${kUser}:\n`);
  // Names first by files, then by DNS: without it some libraries ask nobody.
  writeFileSync(join(out, 'etc/nsswitch.conf'), 'hosts: files dns\n');
}

/** Paths of all files below a folder, for tests and for the bill. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
