/**
 * `--set NAME=VALUE`: one setting of the engine, by our name or by Suricata's.
 *
 * Invariant: what comes out is only a shape; the schema of the engine's configuration says whether it
 * is right, all faults at once.
 */
import { NetmothError } from '#contracts/errors.ts';

/** Suricata's names of settings, by ours. */
const ALIASES: Readonly<Record<string, string>> = {
  'packet-alert-max': 'packetAlertMax',
  'stream.midstream': 'midstream',
  'stream.async-oneside': 'asyncOneside',
  'flow.emergency-recovery': 'emergency.recoveryPercent',
};

/** flow-timeouts.tcp.emergency-new, flow-timeouts.udp.established */
const FLOW_TIMEOUT = /^flow-timeouts\.(tcp|udp)\.(emergency-)?(new|established|closed)$/;

/** app-layer.protocols.dns.enabled, app-layer.protocols.dns.tcp.enabled */
const PROTOCOL_SWITCH = /^app-layer\.protocols\.([a-z0-9-]+)(?:\.(tcp|udp))?\.enabled$/;

/** host-os-policy.windows.0: one network of those with that policy */
const HOST_POLICY = /^host-os-policy\.([a-z0-9-]+)(?:\.\d+)?$/;

/** `name=value` pairs as an object; dots nest, numbers, booleans and `[a,b]` are read as such. */
export function settings(pairs: readonly string[]): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  const disabled = new Set<string>();
  const hostPolicies: string[] = [];
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) {
      throw new NetmothError('NM_USAGE', `--set ${pair}: expected NAME=VALUE`);
    }
    const name = pair.slice(0, at);
    const value = scalar(pair.slice(at + 1));
    const policy = HOST_POLICY.exec(name)?.[1];
    if (policy !== undefined) {
      hostPolicies.push(`${pair.slice(at + 1)}=${policy === 'old-solaris' ? 'solaris' : policy}`);
      continue;
    }
    const [, protocol, transport] = PROTOCOL_SWITCH.exec(name) ?? [];
    if (protocol === undefined) {
      put(result, (flowTimeout(name) ?? ALIASES[name] ?? name).split('.'), value);
      continue;
    }
    if (typeof value !== 'boolean') {
      throw new NetmothError('NM_USAGE', `--set ${pair}: expected yes or no`);
    }
    const key = transport === undefined ? protocol : `${protocol}/${transport}`;
    if (value) disabled.delete(key);
    else disabled.add(key);
  }
  if (disabled.size > 0) result['disabledProtocols'] = [...disabled];
  if (hostPolicies.length > 0) result['hostPolicies'] = hostPolicies;
  return result;
}

function flowTimeout(name: string): string | undefined {
  const [, protocol, emergency, state = ''] = FLOW_TIMEOUT.exec(name) ?? [];
  if (protocol === undefined) return undefined;
  const group = emergency === undefined ? 'timeouts' : 'emergency';
  return `${group}.${protocol}${state.charAt(0).toUpperCase()}${state.slice(1)}Seconds`;
}

function put(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const inner = target[key];
  const next = isRecord(inner) ? inner : {};
  target[key] = next;
  put(next, rest, value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** `[sni,version]`, quotes around the words or not. */
function words(text: string): string[] {
  return text
    .slice(1, -1)
    .split(',')
    .map((word) => word.trim().replace(/^"(.*)"$/, '$1'))
    .filter((word) => word !== '');
}

function scalar(text: string): unknown {
  if (text.startsWith('[') && text.endsWith(']')) return words(text);
  if (text === 'true' || text === 'yes') return true;
  if (text === 'false' || text === 'no') return false;
  return /^-?\d+$/.test(text) ? Number(text) : text;
}
