/**
 * Reads the configuration once, from file, environment and arguments.
 *
 * Invariant: the only file of the sensor that reads the environment. It returns a complete, checked
 * configuration or throws one NM_CONFIG_INVALID that names every fault with its path and source.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { NetmothError } from '#contracts/errors.ts';
import { toToken } from '#contracts/nats.ts';
import { nearest } from '#contracts/nearest.ts';
import type { Arguments } from './arguments.ts';
import { keysAt, leavesOf, type SensorConfig, sensorConfigSchema } from './config-schema.ts';
import { type Fault, Sources, valueFrom } from './config-sources.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** As SensorConfig, with what only the machine knows filled in. */
export interface ResolvedConfig extends SensorConfig {
  readonly spoolDir: string;
  readonly natsCreds: Uint8Array | undefined;
  readonly signaturesDir: string;
  /** Of signatures.verifyKeys. */
  readonly trustedKeys: readonly KeyObject[];
}

export function loadConfig(
  given: Arguments,
  environment: Environment = process.env,
): ResolvedConfig {
  const sources = new Sources();
  if (given.config !== undefined) sources.addFile(given.config);
  sources.addEnvironment(environment, leavesOf(sensorConfigSchema));
  for (const { option } of given.given) {
    // Choosing a source on the command line replaces the other kind from the file.
    if (option.flag === 'interface') sources.remove('replay');
    if (option.flag === 'pcap') sources.remove('capture');
  }
  for (const { option, text } of given.given) {
    if (option.path === undefined) continue;
    sources.set(
      option.path,
      valueFrom(text, { kind: option.kind ?? 'string' }),
      `--${option.flag}`,
    );
  }
  setMachineDefaults(sources, environment);
  return judge(sources);
}

function setMachineDefaults(sources: Sources, environment: Environment): void {
  if (!sources.has(['node'])) sources.set(['node'], toToken(hostname()), 'host name');
  if (!sources.has(['dataDir'])) {
    const home = environment['XDG_DATA_HOME'] || join(homedir(), '.local', 'share');
    sources.set(['dataDir'], join(home, 'netmoth'), 'default');
  }
}

function judge(sources: Sources): ResolvedConfig {
  const faults = [...sources.faults];
  const parsed = sensorConfigSchema.safeParse(sources.tree);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) faults.push(...faultsOf(issue, sources));
  }
  for (const fault of contradictions(sources)) faults.push(fault);
  const creds = readCreds(sources, faults);
  const trustedKeys = parsed.success ? readKeys(parsed.data, sources, faults) : [];
  if (!parsed.success || faults.length > 0) throw invalid(faults);
  const config = parsed.data;
  const spoolDir = config.spool.dir ?? join(config.dataDir, 'sensor', 'spool');
  const signaturesDir = config.signatures.cacheDir ?? join(config.dataDir, 'sensor', 'signatures');
  return { ...config, spoolDir, natsCreds: creds, signaturesDir, trustedKeys };
}

function faultsOf(issue: z.core.$ZodIssue, sources: Sources): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const near = nearest(key, keysAt(sensorConfigSchema, issue.path));
      return {
        path: path.join('.'),
        source: sources.originOf(path),
        message: `unknown key${near}`,
      };
    });
  }
  const message = issue.message.replace(/^Invalid input: /, '');
  return [{ path: issue.path.join('.'), source: sources.originOf(issue.path), message }];
}

/** What no single key shows. */
function contradictions(sources: Sources): Fault[] {
  const faults: Fault[] = [];
  const conflict = (a: readonly string[], b: readonly string[]) => {
    if (!sources.has(a) || !sources.has(b)) return;
    faults.push({
      path: b.join('.'),
      source: sources.originOf(b),
      message: `cannot stand beside ${a.join('.')} (${sources.originOf(a)}): give one`,
    });
  };
  conflict(['capture'], ['replay']);
  conflict(['nats', 'token'], ['nats', 'user']);
  conflict(['nats', 'tokenFile'], ['nats', 'user']);
  conflict(['nats', 'tokenFile'], ['nats', 'token']);
  conflict(['nats', 'tokenFile'], ['nats', 'credsFile']);
  conflict(['nats', 'credsFile'], ['nats', 'user']);
  conflict(['nats', 'credsFile'], ['nats', 'token']);
  if (sources.has(['nats', 'user']) !== sources.has(['nats', 'password'])) {
    const there = sources.has(['nats', 'user']) ? 'user' : 'password';
    const missing = there === 'user' ? 'password' : 'user';
    const source = sources.originOf(['nats', there]);
    faults.push({ path: `nats.${missing}`, source, message: `needed beside nats.${there}` });
  }
  return faults;
}

function readCreds(sources: Sources, faults: Fault[]): Uint8Array | undefined {
  const nats = sources.tree['nats'];
  if (typeof nats !== 'object' || nats === null || !('credsFile' in nats)) return undefined;
  const path = nats.credsFile;
  if (typeof path !== 'string') return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    faults.push({
      path: 'nats.credsFile',
      source: sources.originOf(['nats', 'credsFile']),
      message: `${path} cannot be read (${code})`,
    });
    return undefined;
  }
}

function readKeys(config: SensorConfig, sources: Sources, faults: Fault[]): KeyObject[] {
  return config.signatures.verifyKeys.flatMap((path) => {
    try {
      const key = createPublicKey(readFileSync(path));
      if (key.asymmetricKeyType === 'ed25519') return [key];
      throw new TypeError(`it is ${key.asymmetricKeyType}`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const at = ['signatures', 'verifyKeys'];
      const message = `${path} is no Ed25519 public key in PEM: ${reason}`;
      faults.push({ path: at.join('.'), source: sources.originOf(at), message });
      return [];
    }
  });
}

function invalid(faults: readonly Fault[]): NetmothError {
  const texts = faults.map(({ path, source, message }) => {
    return path === '' ? `${source}: ${message}` : `${path}: ${message} (${source})`;
  });
  const many = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  return new NetmothError('NM_CONFIG_INVALID', `Configuration, ${many}: ${texts.join('; ')}`);
}

/** For logs: secrets replaced, also those inside a server's URL. */
export function redacted(config: ResolvedConfig): Record<string, unknown> {
  const { natsCreds: _creds, trustedKeys: _keys, ...rest } = config;
  const { password, token, servers, ...nats } = config.nats;
  return {
    ...rest,
    nats: {
      ...nats,
      servers: servers.map((server) => server.replace(/\/\/[^@/]*@/, '//***@')),
      ...(password === undefined ? {} : { password: '***' }),
      ...(token === undefined ? {} : { token: '***' }),
    },
  };
}
