// Three sources, one configuration; every fault named at once with its path and source.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NetmothError } from '#contracts/errors.ts';
import { editDistance, nearest } from '#contracts/nearest.ts';
import { temporaryDirectory } from '#testkit/temporary.ts';
import { helpText, OPTIONS, parseArguments } from './arguments.ts';
import { type Environment, loadConfig, redacted } from './config.ts';
import { leavesOf, sensorConfigSchema } from './config-schema.ts';

const temporary = temporaryDirectory('netmoth-config');
let files = 0;

function file(text: string, extension = 'yaml'): string {
  files += 1;
  const path = join(temporary.path, `sensor-${files}.${extension}`);
  writeFileSync(path, text);
  return path;
}

const load = (argv: readonly string[], environment: Environment = {}) =>
  loadConfig(parseArguments(argv), environment);

function faultOf(act: () => unknown): NetmothError {
  try {
    act();
  } catch (error) {
    if (error instanceof NetmothError) return error;
    throw error;
  }
  throw new Error('no fault');
}

test('without anything the defaults stand, with names of this machine', () => {
  const config = load([], { XDG_DATA_HOME: '/data' });
  expect(config).toMatchObject({
    name: 'netmoth',
    nats: { servers: ['nats://127.0.0.1:4222'], replicas: 1 },
    outputs: { alertMaxMs: 100 },
    spoolDir: '/data/netmoth/sensor/spool',
  });
  expect(config.node).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(config.capture).toBeUndefined();
});

test('file < environment < arguments, key by key', () => {
  const path = file(
    'name: from-file\nnode: from-file\nlogLevel: debug\nspool: {maxMiB: 64, memoryMiB: 8}\n',
  );
  const config = load(['--config', path, '--node', 'from-argument'], {
    NETMOTH_SENSOR_NODE: 'from-environment',
    NETMOTH_SENSOR_LOG_LEVEL: 'warn',
    NETMOTH_SENSOR_SPOOL_MAX_MIB: '128',
    NETMOTH_SENSOR_SPOOL_FSYNC: 'true',
    NETMOTH_SENSOR_NATS_SERVERS: 'nats://a:4222, nats://b:4222',
  });
  expect(config).toMatchObject({
    name: 'from-file',
    node: 'from-argument',
    logLevel: 'warn',
    spool: { maxMiB: 128, memoryMiB: 8, fsync: true },
    nats: { servers: ['nats://a:4222', 'nats://b:4222'] },
  });
});

test('JSON is read too, and --pcap replaces the capture of the file', () => {
  const path = file('{"capture": {"interface": "eth0"}, "exitWhenDone": true}', 'json');
  expect(load(['--config', path]).capture).toMatchObject({ interface: 'eth0', workers: 1 });
  const replay = load(['--config', path, '--pcap', 'x.pcap', '--speed', 'max']);
  expect(replay).toMatchObject({ exitWhenDone: true, replay: { path: 'x.pcap', speed: 'max' } });
  expect(replay.capture).toBeUndefined();
});

test('all faults at once, each with path and source, and the nearest known key', () => {
  const path = file('nats: {servrs: [x], ackTimeoutMs: fast}\nspool: {maxMiB: 1}\nnoode: a\n');
  const error = faultOf(() =>
    load(['--config', path, '--speed', 'quick', '--pcap', 'f'], {
      NETMOTH_SENSOR_OUTPUTS_BATCH_MAX_MS: '-5',
      NETMOTH_SENSOR_NOD: 'x',
    }),
  );
  expect(error.code).toBe('NM_CONFIG_INVALID');
  expect(error.exitStatus).toBe(78);
  expect(error.message).not.toContain('\n');
  expect(error.message).toContain('7 faults');
  for (const part of [
    `nats.servrs: unknown key, did you mean "servers"? (file ${path})`,
    'nats.ackTimeoutMs: expected number',
    'spool.maxMiB: ',
    `noode: unknown key, did you mean "node"? (file ${path})`,
    '(--speed)',
    '(NETMOTH_SENSOR_OUTPUTS_BATCH_MAX_MS)',
    'NETMOTH_SENSOR_NOD: unknown variable, did you mean "NETMOTH_SENSOR_NODE"?',
  ]) {
    expect(error.message).toContain(part);
  }
});

test.each([
  [
    'a missing file',
    ['--config', '/nowhere/sensor.yaml'],
    '/nowhere/sensor.yaml: cannot be read (ENOENT)',
  ],
  ['broken YAML, with its line', ['--config', file('name: a\nnode: [1\n')], '.yaml:3:1: '],
  ['a list instead of a mapping', ['--config', file('- a\n')], 'must be a mapping'],
  [
    'capture and replay together',
    ['--interface', 'a', '--pcap', 'b'],
    'replay: cannot stand beside capture',
  ],
  ['a name that is no token', ['--name', 'a.b'], 'name: letters, digits'],
  [
    'a missing credentials file',
    ['--creds', '/nowhere.creds'],
    'nats.credsFile: /nowhere.creds cannot be read',
  ],
  [
    'a user without password',
    ['--config', file('nats: {user: a}')],
    'nats.password: needed beside nats.user',
  ],
  ['a listen address without port', ['--listen', 'localhost'], 'listen: expected HOST:PORT'],
])('%s is named', (_, argv, message) => {
  expect(faultOf(() => load(argv)).message).toContain(message);
});

test.each([
  [['--interfcae', 'eth0'], 'unknown option --interfcae, did you mean "--interface"?'],
  [['eth0'], 'unexpected argument "eth0"'],
  [['--node'], '--node needs a value: NAME'],
  [['--exit-when-done=yes'], '--exit-when-done takes no value'],
])('the command line %j is refused', (argv, message) => {
  const error = faultOf(() => parseArguments(argv));
  expect(error).toMatchObject({ code: 'NM_USAGE', exitStatus: 64 });
  expect(error.message).toContain(message);
});

test('every option sets a key there is, and the help shows them all', () => {
  const known = leavesOf(sensorConfigSchema).map(({ path }) => path.join('.'));
  for (const { path, flag } of OPTIONS) {
    if (path !== undefined) expect(known).toContain(path.join('.'));
    expect(helpText()).toContain(`--${flag}`);
  }
});

test('secrets do not reach the log', () => {
  const path = file('nats: {user: u, password: hunter2, servers: ["nats://u:swordfish@h:4222"]}');
  const text = JSON.stringify(redacted(load(['--config', path])));
  expect(text).not.toMatch(/hunter2|swordfish/);
  expect(text).toContain('nats://***@h:4222');
});

test("Kubernetes' own variables of a Service are no configuration", () => {
  const config = load([], {
    NETMOTH_SENSOR_SERVICE_HOST: '10.0.0.1',
    NETMOTH_SENSOR_PORT_9464_TCP: 'tcp://10.0.0.1:9464',
  });
  expect(config.name).toBe('netmoth');
});

test('nearest names what is near and is silent about what is not', () => {
  expect(editDistance('kitten', 'sitting')).toBe(3);
  expect(nearest('intreface', ['interface', 'pcap'])).toBe(', did you mean "interface"?');
  expect(nearest('zzzzzz', ['interface', 'pcap'])).toBe('');
});
