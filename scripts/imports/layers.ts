// Who may import whom: the house of the architecture page as data. Invariant: imports go downward only;
// two parts on the same level never know each other.

/** TypeScript parts by level, lowest first. */
const kTypeScriptLevels = [
  ['contracts'],
  ['crds', 'signatures', 'native'],
  ['sensor', 'operator', 'manager'],
  ['cli'],
] as const;

/** C++ folders of native/src by level, lowest first. */
const kCppLevels = [
  ['base'],
  ['capture', 'decode'],
  ['flow'],
  ['stream'],
  ['protocols'],
  ['correlate', 'detect'],
  ['output'],
  ['pipeline'],
  ['addon'],
] as const;

/** Parts of a level may import everything below it. */
function allowedBelow(levels: readonly (readonly string[])[]): Map<string, ReadonlySet<string>> {
  const allowed = new Map<string, ReadonlySet<string>>();
  const below: string[] = [];
  for (const level of levels) {
    for (const part of level) allowed.set(part, new Set([part, ...below]));
    below.push(...level);
  }
  return allowed;
}

/** A source of frames knows the frame and the link types that decode understands; never the reverse. */
const kCaptureKnowsDecode = ['capture', new Set(['capture', 'decode', 'base'])] as const;

export const cppAllowed: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ...allowedBelow(kCppLevels),
  kCaptureKnowsDecode,
]);

export const typeScriptAllowed = new Map<string, ReadonlySet<string>>([
  ...allowedBelow(kTypeScriptLevels),
  // The page runs in the browser: of ours it knows the words alone.
  ['web', new Set(['web', 'contracts'])],
  // Real servers for tests are launched as `netmoth up` launches them.
  ['testkit', new Set(['testkit', ...kTypeScriptLevels.flat()])],
]);

/** Outside packages a part is limited to; parts not named may use any. */
export const packagesAllowed = new Map<string, RegExp>([['contracts', /^(zod(\/.*)?|node:.*)$/]]);

/** Parts whose programs read the environment in files named config.ts alone. */
export const environmentParts: ReadonlySet<string> = new Set([
  ...kTypeScriptLevels.flat(),
  'testkit',
]);

/** The part a path of the clone belongs to; scripts, bench and samples belong to none. */
export function partOf(path: string): string | undefined {
  if (path.startsWith('manager/web/')) return 'web';
  const [first = ''] = path.split('/');
  return typeScriptAllowed.has(first) ? first : undefined;
}
