/**
 * What the command line takes from its environment.
 *
 * Invariant: the only file of cli/ that reads process.env; arguments win over everything here.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface CliEnvironment {
  /** State directory of `netmoth up`; every verb's default for --data-dir. */
  readonly dataDir: string;
  /** Manager to ask, where it is not the one of the data directory. */
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly color: boolean;
  /** Where compiled patterns of rules are kept from run to run. */
  readonly patternCache: string;
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): CliEnvironment {
  const dataHome = env.XDG_DATA_HOME || join(homedir(), '.local', 'share');
  const cacheHome = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return {
    dataDir: env.NETMOTH_DATA_DIR || join(dataHome, 'netmoth'),
    url: env.NETMOTH_URL || undefined,
    token: env.NETMOTH_TOKEN || undefined,
    color: !env.NO_COLOR && process.stderr.isTTY === true,
    patternCache: join(cacheHome, 'netmoth', 'patterns'),
  };
}
