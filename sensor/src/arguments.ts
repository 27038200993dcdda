/**
 * The sensor's command line: one table for parsing and for the help text.
 *
 * Invariant: an argument sets exactly the configuration key its row names, so file, environment and
 * arguments cannot come to mean different things.
 */
import { parseArgs } from 'node:util';
import { NetmothError } from '#contracts/errors.ts';
import { nearest } from '#contracts/nearest.ts';

export interface Option {
  readonly flag: string;
  /** Placeholder of the value; undefined for a switch. */
  readonly value?: string;
  readonly help: string;
  /** Key of the configuration; --config and --help have none. */
  readonly path?: readonly string[];
  readonly kind?: 'string' | 'number' | 'boolean' | 'list' | 'numberOrWord';
}

export const OPTIONS: readonly Option[] = [
  { flag: 'config', value: 'FILE', help: 'configuration, YAML or JSON' },
  {
    flag: 'interface',
    value: 'IF,…',
    help: 'capture live: names and patterns (default: that of the default route)',
    path: ['capture', 'interface'],
  },
  {
    flag: 'strategy',
    value: 'NAME',
    help: 'how packets are taken: auto, afPacket, ebpf, pcap or afXdp',
    path: ['capture', 'strategy'],
  },
  {
    flag: 'filter',
    value: 'EXPR',
    help: 'capture only what this BPF filter takes',
    path: ['capture', 'bpfFilter'],
  },
  {
    flag: 'workers',
    value: 'N',
    help: 'capture threads',
    path: ['capture', 'workers'],
    kind: 'number',
  },
  { flag: 'pcap', value: 'FILE', help: 'replay a capture file instead', path: ['replay', 'path'] },
  {
    flag: 'speed',
    value: 'N|max',
    help: 'of the replay, 1 is the original pace',
    path: ['replay', 'speed'],
    kind: 'numberOrWord',
  },
  {
    flag: 'exit-when-done',
    help: 'end when the replay is through',
    path: ['exitWhenDone'],
    kind: 'boolean',
  },
  { flag: 'name', value: 'NAME', help: 'name of the sensor', path: ['name'] },
  {
    flag: 'node',
    value: 'NAME',
    help: 'name of this node (default: the host name)',
    path: ['node'],
  },
  { flag: 'nats', value: 'URL,…', help: 'NATS servers', path: ['nats', 'servers'], kind: 'list' },
  { flag: 'creds', value: 'FILE', help: 'NATS credentials file', path: ['nats', 'credsFile'] },
  { flag: 'data-dir', value: 'DIR', help: 'where state lives', path: ['dataDir'] },
  {
    flag: 'spool-dir',
    value: 'DIR',
    help: 'where batches wait (default: in the data directory)',
    path: ['spool', 'dir'],
  },
  {
    flag: 'listen',
    value: 'HOST:PORT',
    help: 'of /metrics, /healthz and /readyz',
    path: ['listen'],
  },
  {
    flag: 'log-level',
    value: 'LEVEL',
    help: 'trace, debug, info, warn, error, fatal or silent',
    path: ['logLevel'],
  },
  { flag: 'help', help: 'show this' },
];

export interface Arguments {
  readonly help: boolean;
  readonly config: string | undefined;
  /** Options given, with the text of their values (switches: "true"). */
  readonly given: ReadonlyArray<{ readonly option: Option; readonly text: string }>;
}

export function parseArguments(argv: readonly string[]): Arguments {
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      OPTIONS.map(
        ({ flag, value }) => [flag, { type: value === undefined ? 'boolean' : 'string' }] as const,
      ),
    ),
  });
  const given: Array<{ option: Option; text: string }> = [];
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') throw usage(`unexpected argument "${token.value}"`);
    const option = OPTIONS.find(({ flag }) => flag === token.name);
    if (option === undefined) {
      const near = nearest(
        token.rawName,
        OPTIONS.map(({ flag }) => `--${flag}`),
      );
      throw usage(`unknown option ${token.rawName}${near}`);
    }
    if (option.value !== undefined && (token.value === undefined || token.value === '')) {
      throw usage(`--${option.flag} needs a value: ${option.value}`);
    }
    if (option.value === undefined && token.value !== undefined) {
      throw usage(`--${option.flag} takes no value`);
    }
    given.push({ option, text: token.value ?? 'true' });
  }
  const last = (flag: string) => given.findLast(({ option }) => option.flag === flag)?.text;
  return { help: last('help') !== undefined, config: last('config'), given };
}

export function helpText(): string {
  const rows = OPTIONS.map(({ flag, value, help }) => {
    const left = value === undefined ? `--${flag}` : `--${flag} ${value}`;
    return `  ${left.padEnd(22)}  ${help}`;
  });
  return [
    'Usage: netmoth sensor [options]',
    '',
    'Runs the sensor of one node: captures, makes events, publishes them to NATS.',
    '',
    'Options:',
    ...rows,
    '',
    'Examples:',
    '  netmoth sensor --interface eth0 --nats nats://10.0.0.5:4222',
    '  netmoth sensor --pcap capture.pcap --speed max --exit-when-done',
    '  NETMOTH_SENSOR_NATS_TOKEN=… netmoth sensor --config /etc/netmoth/sensor.yaml',
    '',
    'Every key of the file is also an environment variable: NETMOTH_SENSOR_SPOOL_MAX_MIB sets',
    'spool.maxMiB. Arguments win over the environment, the environment over the file.',
    '',
  ].join('\n');
}

function usage(message: string): NetmothError {
  return new NetmothError('NM_USAGE', `netmoth sensor: ${message}; see netmoth sensor --help.`);
}
