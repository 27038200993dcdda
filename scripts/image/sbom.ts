// The bill of materials of an image, as CycloneDX 1.6 JSON. Invariant: the same contents give the same bill, byte
// for byte: no time, no serial number, everything sorted.
import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import type { LockedPackage } from './packages.ts';

export interface Materials {
  readonly version: string;
  /** Path in the clone → package. */
  readonly packages: ReadonlyMap<string, LockedPackage>;
  readonly libraries: readonly string[];
}

interface Component {
  readonly type: 'library';
  readonly name: string;
  readonly version: string;
  readonly purl: string;
}

export function sbomOf({ version, packages, libraries }: Materials): object {
  const components = [
    ...[...packages].map(([path, locked]) => npmComponent(path, locked)),
    ...debianComponents(libraries),
  ];
  return {
    ...{ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 },
    metadata: { component: { type: 'application', name: 'netmoth', version } },
    components: components.sort((a, b) => (a.purl < b.purl ? -1 : 1)),
  };
}

function npmComponent(
  path: string,
  { version = '', integrity, license }: LockedPackage,
): Component {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const [algorithm, digest] = integrity?.split('-') ?? [];
  const content = digest && Buffer.from(digest, 'base64').toString('hex');
  return {
    ...{ type: 'library', name, version, purl: `pkg:npm/${name.replace('@', '%40')}@${version}` },
    ...(content === undefined || algorithm !== 'sha512'
      ? {}
      : { hashes: [{ alg: 'SHA-512', content }] }),
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
  };
}

/** The Debian packages that libraries are of; none where there is no dpkg. */
function debianComponents(libraries: readonly string[]): Component[] {
  const names = new Set<string>();
  for (const library of libraries) {
    for (const path of [
      library,
      realpathSync(library),
      realpathSync(library).replace('/usr', ''),
    ]) {
      const owner = asked('dpkg-query', ['--search', path])?.split(': ')[0];
      if (owner !== undefined) names.add(owner);
    }
  }
  return [...names].map((name) => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills it in.
    const version = asked('dpkg-query', ['--show', '--showformat=${Version}', name]) ?? '';
    const plain = name.split(':')[0] ?? name;
    return { type: 'library', name: plain, version, purl: `pkg:deb/debian/${plain}@${version}` };
  });
}

function asked(command: string, args: readonly string[]): string | undefined {
  try {
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
    return execFileSync(command, args, { encoding: 'utf8', stdio }).trim();
  } catch {
    return undefined;
  }
}
