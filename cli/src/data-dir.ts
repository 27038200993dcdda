/**
 * The state directory of `netmoth up`: what lies where, its version, its lock and its secrets.
 *
 * Invariants: the directory is 0700 and every secret 0600; one netmoth at a time uses it; one written by
 * a newer version is refused before anything in it is touched.
 */
import { randomBytes, randomInt } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { NetmothError } from '#contracts/errors.ts';

/** Raised when what lies in the directory changes so that an older netmoth cannot use it. */
export const DATA_DIR_VERSION = 1;

export interface DataDirPaths {
  readonly root: string;
  readonly version: string;
  readonly lock: string;
  readonly supervisorState: string;
  readonly cliToken: string;
  readonly postgres: string;
  readonly nats: string;
  readonly spool: string;
  readonly logs: string;
  readonly secrets: string;
  /** Kept only until it was shown. */
  readonly firstPasswordFile: string;
  readonly passwordToldFile: string;
}

export function dataDirPaths(dataDir: string): DataDirPaths {
  const root = resolve(dataDir);
  const secrets = join(root, 'secrets');
  return {
    root,
    version: join(root, 'version'),
    lock: join(root, 'lock'),
    supervisorState: join(root, 'supervisor.json'),
    cliToken: join(secrets, 'cli-token'),
    postgres: join(root, 'postgres'),
    nats: join(root, 'nats'),
    spool: join(root, 'spool'),
    logs: join(root, 'logs'),
    secrets,
    firstPasswordFile: join(secrets, 'first-password'),
    passwordToldFile: join(secrets, 'first-password-told'),
  };
}

export interface DataDir extends DataDirPaths {
  /** The secret of that name, made at the first call ever. */
  secret(name: string): string;
  /** The administrator's first password; the same at every start until firstPasswordTold(), then none. */
  firstPassword(): string | undefined;
  firstPasswordTold(): void;
  release(): void;
}

export function openDataDir(dataDir: string): DataDir {
  const paths = dataDirPaths(dataDir);
  try {
    mkdirSync(paths.root, { recursive: true, mode: 0o700 });
    chmodSync(paths.root, 0o700);
  } catch (cause) {
    throw new NetmothError(
      'NM_DATA_DIR_UNUSABLE',
      `the data directory ${paths.root} cannot be used (${reason(cause)}): name another with --data-dir`,
      { cause },
    );
  }
  checkVersion(paths);
  const release = lock(paths);
  try {
    if (!existsSync(paths.version)) writeSecretly(paths.version, `${DATA_DIR_VERSION}\n`);
    for (const dir of [paths.secrets, paths.logs, paths.spool]) {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
    }
  } catch (cause) {
    release();
    throw new NetmothError(
      'NM_DATA_DIR_UNUSABLE',
      `cannot write below ${paths.root} (${reason(cause)}): make room or name another with --data-dir`,
      { cause },
    );
  }
  return {
    ...paths,
    secret: (name) => readOrMakeSecret(join(paths.secrets, name), newToken),
    firstPassword: () =>
      existsSync(paths.passwordToldFile)
        ? undefined
        : readOrMakeSecret(paths.firstPasswordFile, newPassword),
    firstPasswordTold: () => {
      writeSecretly(paths.passwordToldFile, `${new Date().toISOString()}\n`);
      rmSync(paths.firstPasswordFile, { force: true });
    },
    release,
  };
}

function reason(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}

function checkVersion(paths: DataDirPaths): void {
  if (!existsSync(paths.version)) return;
  const text = readFileSync(paths.version, 'utf8').trim();
  const version = Number(text);
  if (!Number.isInteger(version) || version < 1) {
    throw new NetmothError(
      'NM_DATA_DIR_UNUSABLE',
      `${paths.version} holds "${text.slice(0, 40)}", not a version number: is ${paths.root} netmoth's directory?`,
    );
  }
  if (version > DATA_DIR_VERSION) {
    throw new NetmothError(
      'NM_DATA_DIR_NEWER',
      `${paths.root} was written by a newer netmoth (layout ${version}, this one knows ${DATA_DIR_VERSION}): upgrade netmoth or name another --data-dir`,
    );
  }
}

/** A lock file with our pid; one left by a process that is gone is taken over. */
function lock(paths: DataDirPaths): () => void {
  const mine = `${paths.lock}.${process.pid}`;
  for (;;) {
    try {
      // Linked into place whole: nobody ever reads a lock without a pid in it.
      writeFileSync(mine, String(process.pid), { mode: 0o600 });
      linkSync(mine, paths.lock);
      rmSync(mine);
      return () => rmSync(paths.lock, { force: true });
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) {
        throw new NetmothError(
          'NM_DATA_DIR_UNUSABLE',
          `${paths.lock} cannot be written (${reason(cause)}): make room or name another --data-dir`,
          { cause },
        );
      }
    }
    const holder = Number(readFileSync(paths.lock, 'utf8'));
    if (holder > 0 && isNetmoth(holder)) {
      rmSync(mine, { force: true });
      throw new NetmothError(
        'NM_DATA_DIR_LOCKED',
        `another netmoth (pid ${holder}) uses ${paths.root}: stop it or name another --data-dir`,
      );
    }
    rmSync(paths.lock, { force: true });
  }
}

/** Pids are reused: a process counts as the holder only if it was started as `… up …`. */
function isNetmoth(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes('up');
  } catch {
    return false;
  }
}

function newToken(): string {
  return randomBytes(24).toString('base64url');
}

/** 20 letters and digits without those that look alike: about 114 bits. */
function newPassword(): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  return Array.from({ length: 20 }, () => alphabet[randomInt(alphabet.length)]).join('');
}

function readOrMakeSecret(path: string, make: () => string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  const secret = make();
  writeSecretly(path, `${secret}\n`);
  return secret;
}

/** Whole or not at all, readable by the owner alone. */
export function writeSecretly(path: string, text: string): void {
  const fresh = `${path}.new`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, path);
}
