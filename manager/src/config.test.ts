import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';
import { type ManagerConfig, redacted } from './config-schema.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'netmoth-config-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const kUrl = 'postgres://u:hidden@db/netmoth';
const storeUrl = { NETMOTH_MANAGER_STORE_URL: kUrl };

function file(text: string): string {
  const path = join(directory, 'manager.yaml');
  writeFileSync(path, text);
  return path;
}

function load(
  argv: readonly string[],
  environment: Record<string, string> = storeUrl,
): ManagerConfig {
  const loaded = loadConfig(argv, environment);
  if (loaded.help) throw new Error('help was not asked for');
  return loaded.config;
}

function messageOf(
  argv: readonly string[],
  environment: Record<string, string> = storeUrl,
): string {
  try {
    load(argv, environment);
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  throw new Error('no fault was found');
}

describe('loadConfig', () => {
  it('needs the address of the store and nothing else', () => {
    const config = load([]);
    expect(config).toMatchObject({
      listen: '127.0.0.1:8470',
      retention: { flows: 7, aggregates: 30, alerts: 90 },
    });
    expect(() => load([], {})).toThrow(
      expect.objectContaining({ code: 'NM_CONFIG_INVALID', exitStatus: 78 }),
    );
    expect(messageOf([], {})).toBe(
      'Configuration, 1 fault: store.url: is needed (NETMOTH_MANAGER_STORE_URL)',
    );
  });

  it('refuses two lists of one file name', () => {
    const path = file(
      'analysis: {trackerLists: [/a/x.txt], reputationLists: [/a/x.txt, /b/x.txt]}\n',
    );
    expect(messageOf(['--config', path])).toBe(
      'Configuration, 1 fault: analysis.reputationLists: /b/x.txt and /a/x.txt have the same file ' +
        `name, by which lists are told apart (file ${path})`,
    );
  });

  it('lets arguments win over the environment and that over the file', () => {
    const path = file(
      'listen: a:1\nlogLevel: debug\nnats: {servers: [one]}\nretention: {flows: 3}\n',
    );
    const environment = {
      ...storeUrl,
      NETMOTH_MANAGER_LISTEN: 'b:2',
      NETMOTH_MANAGER_LOG_LEVEL: 'warn',
    };
    const argv = [
      '--config',
      path,
      '--listen',
      'c:3',
      '--nats',
      'x, y',
      '--set',
      'http.trustProxy=true',
    ];
    expect(load(argv, environment)).toMatchObject({
      listen: 'c:3',
      logLevel: 'warn',
      nats: { servers: ['x', 'y'] },
      retention: { flows: 3, alerts: 90 },
      http: { trustProxy: true },
    });
  });

  it('tells all faults at once, with their path, their source and the key that was meant', () => {
    const path = file('retension: {flows: 3}\nnats: {server: x}\nhomeNetworks: [10.0.0.0]\n');
    const message = messageOf(['--config', path, '--set', 'retention.flows=many'], {
      ...storeUrl,
      NETMOTH_MANAGER_LOGLEVEL: 'warn',
      NETMOTH_MANAGER_PORT_8470_TCP: 'tcp://10.0.0.1:8470',
    });
    expect(message).toMatch(/^Configuration, 5 faults: /);
    expect(message).toContain(
      'NETMOTH_MANAGER_LOGLEVEL: unknown variable, did you mean NETMOTH_MANAGER_LOG_LEVEL?',
    );
    expect(message).toContain(`retension: unknown key, did you mean retention? (file ${path})`);
    expect(message).toContain(`nats.server: unknown key, did you mean servers? (file ${path})`);
    expect(message).toContain(
      `homeNetworks.0: a network such as 192.168.0.0/16 is wanted (file ${path})`,
    );
    expect(message).toMatch(/retention\.flows: expected number.* \(--set retention.flows\)/);
    expect(message).not.toContain('\n');
  });

  it('refuses a file that is not there or no YAML, and a wrong command line', () => {
    expect(messageOf(['--config', '/nowhere.yaml'])).toContain(
      'file /nowhere.yaml: cannot be read (ENOENT)',
    );
    expect(messageOf(['--config', file('a: [1')])).toMatch(/manager\.yaml: /);
    expect(() => load(['--lisen', 'x'])).toThrow(
      expect.objectContaining({
        code: 'NM_USAGE',
        message: expect.stringContaining('did you mean --listen?'),
      }),
    );
    expect(() => load(['--listen'])).toThrow('--listen needs a value');
    expect(() => load(['now'])).toThrow('unexpected argument "now"');
  });

  it('hides secrets', () => {
    const config = load([
      '--set',
      'nats.password=hidden',
      '--set',
      'adminPassword=hidden-too',
      '--set',
      'localToken=nm_hidden',
      '--nats',
      'nats://u:hidden@bus',
    ]);
    expect(JSON.stringify(redacted(config))).not.toContain('hidden');
    expect(redacted(config)).toMatchObject({ store: { url: 'postgres://***@db/netmoth' } });
  });
});
