/**
 * `--eve-option NAME=VALUE`: Suricata's names of eve-log settings, as the engine takes them.
 *
 * Invariant: a name is written as asked, or refused with the reason; none is ignored. What this engine
 * always writes takes the one value that says so.
 */
import { NetmothError } from '#contracts/errors.ts';
import { nearest } from '#contracts/nearest.ts';

/** name → where the value goes in the engine's configuration. */
const WRITTEN: Readonly<Record<string, readonly string[]>> = {
  'alert.http-body': ['eve', 'alert', 'httpBody'],
  'alert.http-body-printable': ['eve', 'alert', 'httpBodyPrintable'],
  'alert.metadata': ['eve', 'alert', 'metadata'],
  'alert.metadata.rule.raw': ['eve', 'alert', 'rule'],
  'alert.packet': ['eve', 'alert', 'packet'],
  'alert.payload': ['eve', 'alert', 'payload'],
  'alert.payload-length': ['eve', 'alert', 'payloadLength'],
  'alert.payload-printable': ['eve', 'alert', 'payloadPrintable'],
  'alert.tagged-packets': ['eve', 'alert', 'taggedPackets'],
  'alert.verdict': ['eve', 'alert', 'verdict'],
  'community-id': ['eve', 'communityId'],
  'community-id-seed': ['eve', 'communityIdSeed'],
  'dns.version': ['dnsVersion'],
  ethernet: ['eve', 'ethernet'],
  'http.extended': ['eve', 'httpExtended'],
  'tls.custom': ['eve', 'tlsFields'],
};

/** Settings that are always on here. */
const ALWAYS = [
  'anomaly.enabled',
  'anomaly.types.applayer',
  'anomaly.types.decode',
  'anomaly.types.stream',
  'dhcp.extended',
  'pcap-file',
  'quic.ja4',
  'tls.extended',
  'tls.ja4',
  'tls.session-resumption',
] as const;

/** Suricata has them, this engine does not write them. */
const ABSENT: Readonly<Record<string, string>> = {
  'alert.websocket-payload': 'alerts do not carry it',
  'http.custom': 'http events have all fields that are known',
  'http.dump-all-headers': 'http events have the fields of extended',
  xff: 'the client stays the one of the connection',
};

/** The pairs as `--set` spells settings: path of the engine's configuration and value. */
export function eveOptions(pairs: readonly string[]): string[] {
  return pairs.flatMap((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw usage(pair, 'expected NAME=VALUE');
    const name = pair.slice(0, at);
    const value = pair.slice(at + 1);
    const path = lookUp(WRITTEN, name);
    // The form people read comes with the one that is exact.
    if (name === 'alert.payload') {
      return ['payload', 'payloadPrintable'].map((field) => `eve.alert.${field}=${value}`);
    }
    if (path !== undefined) return [`${path.join('.')}=${value}`];
    if (ALWAYS.some((known) => known === name)) {
      if (isYes(value)) return [];
      throw usage(pair, `${name} is always on`);
    }
    const reason = lookUp(ABSENT, name);
    if (reason !== undefined) throw usage(pair, `${name} is not written: ${reason}`);
    throw usage(pair, `unknown setting ${name}${meant(name)}`);
  });
}

/** Most settings are of the alert: who leaves that out means it. */
function meant(name: string): string {
  const known = [...Object.keys(WRITTEN), ...ALWAYS];
  const short = known.find((one) => one.endsWith(`.${name}`));
  return short === undefined ? nearest(name, known) : `, did you mean "${short}"?`;
}

function lookUp<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function isYes(value: string): boolean {
  return ['yes', 'true', '1', 'on'].includes(value);
}

function usage(pair: string, reason: string): NetmothError {
  return new NetmothError('NM_USAGE', `--eve-option ${pair}: ${reason}`);
}
