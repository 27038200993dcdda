/**
 * The operator's configuration: environment variables, as a Deployment gives them.
 *
 * Invariants: the only file of the operator that reads the environment; it returns a complete, checked
 * configuration or throws one NM_CONFIG_INVALID that names every fault with its variable.
 */
import { hostname } from 'node:os';
import { z } from 'zod';
import { NetmothError } from '#contracts/errors.ts';
import { LISTEN_ADDRESS_HINT, parseListenAddress } from '#contracts/listen-address.ts';
import { nearest } from '#contracts/nearest.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export const ENV_PREFIX = 'NETMOTH_OPERATOR_';
/** Kubernetes sets these for a Service called netmoth-operator; they are not configuration. */
const kServiceVariable = /^NETMOTH_OPERATOR_(SERVICE_|PORT(_|$))/;

const number = (low: number, high: number, preset: number) =>
  z.coerce.number().int().min(low).max(high).default(preset);
const servers = z
  .string()
  .transform((text) => text.split(',').map((each) => each.trim()))
  .pipe(z.array(z.string().min(1)).min(1));

/** Variable (without its prefix) → what it holds. */
export const operatorConfigSchema = z.object({
  NAMESPACE: z
    .string()
    .min(1)
    .max(63)
    .default('netmoth-system')
    .describe('Of operator and sensors'),
  IDENTITY: z.string().min(1).max(128).optional().describe('Of this replica; default: host name'),
  KUBECONFIG: z
    .string()
    .min(1)
    .optional()
    .describe('File; default: the service account of the pod'),
  SENSOR_IMAGE: z.string().min(1).describe('For sensors that name no image'),
  NATS_SERVERS: servers.describe('NATS servers, comma between them'),
  NATS_USER: z.string().min(1).optional(),
  NATS_PASSWORD: z.string().min(1).optional().describe('secret'),
  NATS_REPLICAS: number(1, 5, 1).describe('Of the buckets it makes'),
  SENSOR_NATS_SERVERS: servers.optional().describe('Servers as sensors reach them'),
  SENSOR_NATS_SECRET: z
    .string()
    .min(1)
    .optional()
    .describe('Secret with keys user and password, which sensors log in with'),
  NATS_CALLOUT_SECRET: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Secret of the key that lets sensors in by their pod's token; made where it is missing",
    ),
  SIGNING_SECRET: z
    .string()
    .min(1)
    .optional()
    .describe('Secret of the key that bundles are signed with; made where it is missing'),
  IDENTITY_PUBLISHING: z
    .enum(['on', 'off'])
    .default('on')
    .describe('Whose addresses are whose, for the events: watches all pods and services'),
  LISTEN: z
    .string()
    .refine((text) => parseListenAddress(text) !== undefined, LISTEN_ADDRESS_HINT)
    .default('0.0.0.0:9465')
    .describe('Of /metrics, /healthz and /readyz'),
  LEASE_SECONDS: number(3, 300, 15).describe('How long a replica that died is waited for'),
  WRITES_PER_SECOND: number(1, 10_000, 300).describe(
    'Writes of NetmothSensorNodes in the long run',
  ),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});
type Variables = z.infer<typeof operatorConfigSchema>;

export interface OperatorConfig {
  readonly namespace: string;
  readonly identity: string;
  readonly cluster:
    | { readonly kind: 'kubeconfig'; readonly path: string }
    | { readonly kind: 'pod'; readonly host: string; readonly port: string };
  readonly sensorImage: string;
  readonly nats: {
    readonly servers: readonly string[];
    readonly user: string | undefined;
    readonly password: string | undefined;
    readonly replicas: number;
    readonly calloutSecret: string | undefined;
  };
  readonly sensorNats: { readonly servers: readonly string[]; readonly secret: string | undefined };
  readonly signingSecret: string | undefined;
  readonly publishIdentity: boolean;
  readonly listen: string;
  readonly leaseMs: number;
  readonly writesPerSecond: number;
  readonly logLevel: Variables['LOG_LEVEL'];
}

export function loadConfig(environment: Environment = process.env): OperatorConfig {
  const given: Record<string, string> = {};
  const faults: string[] = [];
  const known = Object.keys(operatorConfigSchema.shape);
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(ENV_PREFIX) || text === undefined || text === '') continue;
    const name = variable.slice(ENV_PREFIX.length);
    if (known.includes(name)) given[name] = text;
    else if (!kServiceVariable.test(variable)) {
      faults.push(`${variable}: unknown variable${nearest(name, known)}`);
    }
  }
  const parsed = operatorConfigSchema.safeParse(given);
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = `${ENV_PREFIX}${String(path[0])}`;
    const missing = given[String(path[0])] === undefined;
    faults.push(missing ? `${name}: needed, not set` : `${name}: ${message}`);
  }
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = environment;
  if (given['KUBECONFIG'] === undefined && (host === undefined || host === '')) {
    faults.push(`${ENV_PREFIX}KUBECONFIG: needed outside a cluster`);
  }
  if ((given['NATS_USER'] === undefined) !== (given['NATS_PASSWORD'] === undefined)) {
    faults.push(`${ENV_PREFIX}NATS_USER and ${ENV_PREFIX}NATS_PASSWORD: give both or none`);
  }
  if (given['NATS_CALLOUT_SECRET'] !== undefined && given['SENSOR_NATS_SECRET'] !== undefined) {
    faults.push(`${ENV_PREFIX}NATS_CALLOUT_SECRET and ${ENV_PREFIX}SENSOR_NATS_SECRET: give one`);
  }
  if (!parsed.success || faults.length > 0) {
    const many = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
    throw new NetmothError('NM_CONFIG_INVALID', `Configuration, ${many}: ${faults.join('; ')}`);
  }
  return configOf(parsed.data, { host: host ?? '', port });
}

function configOf(given: Variables, pod: { readonly host: string; readonly port: string }) {
  const { KUBECONFIG: path } = given;
  return {
    namespace: given.NAMESPACE,
    identity: given.IDENTITY ?? hostname(),
    cluster: path === undefined ? { kind: 'pod', ...pod } : { kind: 'kubeconfig', path },
    sensorImage: given.SENSOR_IMAGE,
    nats: {
      servers: given.NATS_SERVERS,
      user: given.NATS_USER,
      password: given.NATS_PASSWORD,
      replicas: given.NATS_REPLICAS,
      calloutSecret: given.NATS_CALLOUT_SECRET,
    },
    sensorNats: {
      servers: given.SENSOR_NATS_SERVERS ?? given.NATS_SERVERS,
      secret: given.SENSOR_NATS_SECRET,
    },
    signingSecret: given.SIGNING_SECRET,
    publishIdentity: given.IDENTITY_PUBLISHING === 'on',
    listen: given.LISTEN,
    leaseMs: given.LEASE_SECONDS * 1_000,
    writesPerSecond: given.WRITES_PER_SECOND,
    logLevel: given.LOG_LEVEL,
  } satisfies OperatorConfig;
}

/** For `netmoth operator --help`. */
export function helpText(): string {
  const rows = Object.entries(operatorConfigSchema.shape).map(([name, schema]) => {
    return `  ${`${ENV_PREFIX}${name}`.padEnd(40)}${schema.description ?? ''}`.trimEnd();
  });
  return [
    'netmoth operator: runs sensors and their signatures on a Kubernetes cluster.',
    '',
    'It takes no arguments; these environment variables configure it:',
    ...rows,
    '',
  ].join('\n');
}
