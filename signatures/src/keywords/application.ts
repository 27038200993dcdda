/**
 * Fields of application protocols: numbers and words of a transaction.
 *
 * Invariant: a row names every protocol that has the field; none of them means every one.
 */
import { fields, none, number, shape, text, words } from '../grammar.ts';
import { type Resolve, testFlags, testList } from '../model/resolve.ts';
import type { Keyword } from './keyword.ts';
import {
  dateTest,
  HTTP2_SETTING,
  handshakeState,
  http2Setting,
  ticketEncryption,
} from './resolve-application.ts';

const U32 = 4_294_967_295;

/** Fields compared with numbers, or with a name that stands for one. */
const NUMBERS: readonly (readonly [readonly string[], string])[] = [
  [['dns', 'mdns', 'doh2'], 'dns.opcode dns.rcode dns.rrtype'],
  [['http'], 'http2.errorcode http2.priority http2.window http2.size_update http2.frametype'],
  [['tls'], 'tls.cert_chain_len'],
  [['http', 'smtp', 'ftp-data', 'ftp', 'smb', 'nfs'], 'filesize'],
  [['snmp'], 'snmp.version snmp.pdu_type'],
  [['mqtt'], 'mqtt.protocol_version mqtt.type mqtt.reason_code|mqtt.connack.return_code mqtt.qos'],
  [['krb5'], 'krb5_msg_type|krb5.msg_type krb5_err_code'],
  [['rfb'], 'rfb.sectype rfb.secresult'],
  [
    ['ike'],
    `ike.exchtype ike.nonce_payload_length ike.key_exchange_payload_length ike.chosen_sa_attribute`,
  ],
  [['websocket'], 'websocket.opcode websocket.mask'],
  [['dhcp'], 'dhcp.leasetime dhcp.renewal_time dhcp.rebinding_time'],
  [
    ['enip'],
    `enip_command|enip.command cip_service enip.status enip.device_type enip.vendor_id
     enip.product_code enip.protocol_version enip.revision enip.identity_status enip.state enip.serial
     enip.capabilities enip.cip_attribute enip.cip_class enip.cip_instance enip.cip_status
     enip.cip_extendedstatus`,
  ],
  [['dnp3'], 'dnp3_func dnp3_ind'],
  [['nfs'], 'nfs.version nfs_procedure'],
  [
    ['ldap'],
    `ldap.request.operation ldap.responses.operation ldap.responses.count
     ldap.responses.result_code`,
  ],
  [['ftp'], 'ftp.dynamic_port'],
  [['ntp'], 'ntp.version ntp.mode ntp.stratum'],
  [['smb'], 'smb.version'],
];

const NAMES_OR_NUMBERS = /^(!?[A-Za-z][\w. /-]*|count\s*(<|>|=|!|<=|>=)?\s*\d{1,9})$/;
const COUNT = /^count\s*(<|>|=|!|<=|>=)?\s*\d{1,9}$/;
/** Those that have no names: a word there is a slip of the pen. */
const NAMELESS = new Set([
  'http2.priority',
  'http2.window',
  'http2.size_update',
  'tls.cert_chain_len',
  'filesize',
  'snmp.version',
  'mqtt.protocol_version',
  'mqtt.reason_code',
  'mqtt.qos',
  'krb5_msg_type',
  'krb5_err_code',
  'dhcp.leasetime',
  'dhcp.renewal_time',
  'dhcp.rebinding_time',
  'ftp.dynamic_port',
  'ntp.version',
  'ntp.stratum',
]);
/** Of several values of one transaction: which of them, or how many, must match. */
const WHICH =
  /^(all1?|any|or_absent|all_or_absent|oob_or\s+-?\d+|nb[<>=!]*\d+(,-?\d+:-?\d+)?|-?\d+|[A-Za-z]\w*)$/;
const UNITS = { kb: 1024, kib: 1024, mb: 1024 ** 2, mib: 1024 ** 2, gb: 1024 ** 3, gib: 1024 ** 3 };

export const APPLICATION: readonly Keyword[] = [
  ...NUMBERS.flatMap(([protocols, names]) =>
    names.split(/\s+/).map((row): Keyword => {
      const [name = '', ...aliases] = row.split('|');
      const names = NAMELESS.has(name) ? COUNT : NAMES_OR_NUMBERS;
      const grammar = number({ max: U32, names, units: UNITS, suffix: WHICH });
      return { name, kind: 'field', protocols, grammar, ...(aliases.length > 0 && { aliases }) };
    }),
  ),
  field('tls', 'tls.version', text('a version', /^[\w.]+$/)),
  listed('tls', 'ssl_version', text('versions', /^[\w.!,\s]+$/)),
  resolved(listed('tls', 'ssl_state', text('states', /^[\w!,|\s]+$/)), handshakeState),
  field('tls', 'tls.subject', text()),
  field('tls', 'tls.issuerdn', text()),
  field('tls', 'tls.fingerprint', text()),
  resolved(
    field('http', 'http2.settings', text('SETTINGS_NAME and a comparison', HTTP2_SETTING)),
    http2Setting,
  ),
  resolved(
    field('krb5', 'krb5.ticket_encryption', text('weak, or numbers or names of encryption types')),
    ticketEncryption,
  ),
  field('ssh', 'ssh.protoversion', text('a version or 2_compat', /^(\d[\d.-]*|2_compat)$/)),
  field('ssh', 'ssh.softwareversion', text()),
  field('tls', 'tls_cert_expired', none),
  field('tls', 'tls_cert_valid', none),
  resolved(field('tls', 'tls_cert_notbefore', text('a date or a range of dates')), dateTest),
  resolved(field('tls', 'tls_cert_notafter', text('a date or a range of dates')), dateTest),
  field('tls', 'tls.store', none, 'certificates are not stored, only their fields and digests', [
    'tls_store',
  ]),
  field('dcerpc', 'dcerpc.iface', text(), undefined, ['dce_iface']),
  field('dcerpc', 'dcerpc.opnum', text('operation numbers', /^[\d,\s-]+$/), undefined, [
    'dce_opnum',
  ]),
  flagged('mqtt', 'mqtt.flags', { dup: 0x08, retain: 0x01 }),
  flagged('mqtt', 'mqtt.connect.flags', {
    username: 0x80,
    password: 0x40,
    will_retain: 0x20,
    will: 0x04,
    clean_session: 0x02,
  }),
  field('mqtt', 'mqtt.connack.session_present', text('yes or no', /^(yes|true|no|false)$/i)),
  flagged('websocket', 'websocket.flags', { fin: 0x80, comp: 0x40 }),
  field('ftp', 'ftp.mode', words(['active', 'passive'])),
  field('ftp', 'ftp.reply_received', text('yes or no', /^(yes|on|true|1|no|off|false|0)$/i)),
  { ...field('ftp-data', 'ftpdata_command', words(['retr', 'stor'])), protocols: ['ftp-data'] },
  field('ftp', 'ftpbounce', none),
  field('modbus', 'modbus', text('function, access or unit')),
  field(
    'dnp3',
    'dnp3_obj',
    fields({ positional: [shape('a group', /^\d+$/), shape('a variation', /^\d+$/)] }),
  ),
];

/** Names of bits, all of which must be as said (`fin,!comp`), or one comparison of the whole. */
function flagged(protocol: string, name: string, bits: Readonly<Record<string, number>>): Keyword {
  const names = text('flags', /^!?[\w]+(\s*,\s*!?[\w]+)*$/);
  const compared = number({ max: 255 });
  const grammar: Keyword['grammar'] = (argument) =>
    /^[!<>=&\s]*\d/.test(argument ?? '') ? compared(argument) : names(argument);
  return resolved(field(protocol, name, grammar), testFlags(bits));
}

function resolved(keyword: Keyword, resolve: Resolve): Keyword {
  return { ...keyword, resolve };
}

function listed(protocol: string, name: string, grammar: Keyword['grammar']): Keyword {
  return { ...field(protocol, name, grammar), resolve: testList };
}

function field(
  protocol: string,
  name: string,
  grammar: Keyword['grammar'],
  refused?: string,
  aliases?: readonly string[],
): Keyword {
  return {
    name,
    kind: 'field',
    grammar,
    protocols: protocol === 'dcerpc' ? ['dcerpc', 'smb'] : [protocol],
    ...(refused !== undefined && { refused }),
    ...(aliases !== undefined && { aliases }),
  };
}
