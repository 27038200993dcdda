/**
 * Sticky buffers and fields of application protocols.
 *
 * Invariant: a buffer's row names every protocol that fills it; none of them means every one.
 */
import { fields, none, number, shape, text } from '../grammar.ts';
import type { Keyword } from './keyword.ts';

const U32 = 4_294_967_295;

/** Buffers by the protocols that fill them. `name|alias` gives the alias too. */
const BUFFERS: readonly (readonly [readonly string[], string])[] = [
  [
    ['http'],
    `http.uri http.uri.raw http.method http.protocol http.request_line http.response_line
     http.request_body http.response_body http.user_agent http.host http.host.raw http.cookie
     http.header http.header.raw http.header_names http.request_header http.response_header
     http.accept http.accept_enc http.accept_lang http.connection http.content_len
     http.content_type http.location http.referer http.server http.start http.stat_code
     http.stat_msg http2.header_name http2.header`,
  ],
  [
    ['http', 'smtp', 'ftp-data', 'ftp', 'smb', 'nfs', 'pop3', 'imap'],
    'file.data|file_data file.name file.magic',
  ],
  [
    ['dns', 'mdns', 'doh2'],
    `dns.query|dns_query dns.queries.rrname dns.answers.rrname dns.additionals.rrname
     dns.authorities.rrname dns.response.rrname
     mdns.queries.rrname mdns.answers.rrname mdns.additionals.rrname mdns.authorities.rrname
     mdns.response.rrname`,
  ],
  [
    ['tls'],
    `tls.sni|tls_sni tls.cert_subject|tls_cert_subject tls.cert_issuer|tls_cert_issuer
     tls.cert_serial|tls_cert_serial tls.cert_fingerprint|tls_cert_fingerprint tls.certs
     tls.random tls.random_time tls.random_bytes tls.subjectaltname tls.alpn
     ja3s.hash|ja3s_hash ja3s.string`,
  ],
  [['tls', 'quic'], 'ja3.hash|ja3_hash ja3.string|ja3_string ja4.hash'],
  [['quic'], 'quic.sni quic.ua quic.version quic.cyu.hash quic.cyu.string'],
  [
    ['ssh'],
    `ssh.proto|ssh_proto ssh.software|ssh_software ssh.hassh ssh.hassh.string ssh.hassh.server
     ssh.hassh.server.string`,
  ],
  [
    ['smtp', 'pop3', 'imap'],
    `smtp.helo smtp.mail_from smtp.rcpt_to email.from email.to email.cc email.subject email.date
     email.message_id email.x_mailer email.url email.received email.body_md5`,
  ],
  [['ftp'], 'ftp.command ftp.command_data ftp.completion_code ftp.reply ftpdata_command_buffer'],
  [['smb'], 'smb.named_pipe smb.share smb.ntlmssp_user smb.ntlmssp_domain'],
  [['dcerpc', 'smb'], 'dce_stub_data|dcerpc.stub_data'],
  [
    ['sip'],
    `sip.method sip.uri sip.protocol sip.request_line sip.response_line sip.stat_code sip.stat_msg
     sip.from sip.to sip.via sip.user_agent sip.content_type sip.content_length
     sdp.origin sdp.session_name sdp.session_info sdp.uri sdp.email sdp.phone_number
     sdp.connection_data sdp.bandwidth sdp.time sdp.timezone sdp.repeat_time
     sdp.encryption_key sdp.attribute
     sdp.media.media sdp.media.media_info sdp.media.connection_data sdp.media.encryption_key`,
  ],
  [['snmp'], 'snmp.community snmp.usm'],
  [
    ['mqtt'],
    `mqtt.connect.clientid mqtt.connect.username mqtt.connect.password mqtt.connect.willtopic
     mqtt.connect.willmessage mqtt.connect.protocol_string mqtt.publish.topic
     mqtt.publish.message mqtt.subscribe.topic mqtt.unsubscribe.topic`,
  ],
  [['krb5'], 'krb5.cname|krb5_cname krb5.sname|krb5_sname'],
  [['rfb'], 'rfb.name'],
  [
    ['ike'],
    `ike.init_spi ike.resp_spi ike.ike_spi_initiator ike.nonce_payload ike.key_exchange_payload
     ike.vendor`,
  ],
  [['pgsql'], 'pgsql.query'],
  [['websocket'], 'websocket.payload'],
  [
    ['ldap'],
    `ldap.request.dn ldap.responses.dn ldap.responses.message ldap.request.attribute_type
     ldap.responses.attribute_type`,
  ],
  [['enip'], 'enip.product_name enip.service_name'],
  [['dnp3'], 'dnp3_data|dnp3.data'],
];

/** Old modifiers by the buffer they move a content to. */
const LEGACY: Readonly<Record<string, string>> = {
  http_uri: 'http.uri',
  http_raw_uri: 'http.uri.raw',
  http_method: 'http.method',
  http_client_body: 'http.request_body',
  http_server_body: 'http.response_body',
  http_user_agent: 'http.user_agent',
  http_host: 'http.host',
  http_raw_host: 'http.host.raw',
  http_cookie: 'http.cookie',
  http_header: 'http.header',
  http_raw_header: 'http.header.raw',
  http_stat_code: 'http.stat_code',
  http_stat_msg: 'http.stat_msg',
};

/** Old names that select a buffer as the new ones do. */
const LEGACY_STICKY: Readonly<Record<string, string>> = {
  http_request_line: 'http.request_line',
  http_response_line: 'http.response_line',
  http_accept: 'http.accept',
  http_accept_enc: 'http.accept_enc',
  http_accept_lang: 'http.accept_lang',
  http_connection: 'http.connection',
  http_content_len: 'http.content_len',
  http_content_type: 'http.content_type',
  http_header_names: 'http.header_names',
  http_protocol: 'http.protocol',
  http_referer: 'http.referer',
  http_start: 'http.start',
};

/** Fields compared with numbers, or with a name that stands for one. */
const NUMBERS: readonly (readonly [readonly string[], string])[] = [
  [['dns', 'mdns', 'doh2'], 'dns.opcode dns.rcode dns.rrtype'],
  [['http'], 'http2.errorcode http2.priority http2.window http2.size_update http2.frametype'],
  [['tls'], 'tls.cert_chain_len'],
  [['http', 'smtp', 'ftp-data', 'ftp', 'smb', 'nfs'], 'filesize'],
  [['snmp'], 'snmp.version snmp.pdu_type'],
  [
    ['mqtt'],
    'mqtt.protocol_version mqtt.type mqtt.reason_code mqtt.connack.session_present mqtt.qos',
  ],
  [['krb5'], 'krb5_msg_type krb5.msg_type krb5_err_code krb5.ticket_encryption'],
  [['rfb'], 'rfb.sectype rfb.secresult'],
  [
    ['ike'],
    `ike.exchtype ike.nonce_payload_length ike.key_exchange_payload_length ike.chosen_sa_attribute`,
  ],
  [['websocket'], 'websocket.opcode websocket.flags websocket.mask'],
  [['dhcp'], 'dhcp.leasetime dhcp.renewal_time dhcp.rebinding_time'],
  [['enip'], 'enip_command cip_service enip.status enip.capabilities'],
  [['dnp3'], 'dnp3_func dnp3_ind'],
  [['nfs'], 'nfs.version nfs_procedure'],
  [['ldap'], 'ldap.request.operation ldap.responses.operation ldap.responses.count'],
  [['ftp'], 'ftp.mode ftp.dynamic_port ftp.reply_received'],
  [['smb'], 'smb.version'],
  [['ssh'], 'ssh.protoversion'],
];

const NAMES_OR_NUMBERS = /^(!?[A-Za-z][\w. /-]*|count\s*(<|>|=|!|<=|>=)?\s*\d{1,9})$/;
/** Of several values of one transaction: which of them, or how many, must match. */
const WHICH =
  /^(all1?|any|or_absent|all_or_absent|oob_or\s+-?\d+|nb[<>=!]*\d+(,-?\d+:-?\d+)?|-?\d+|[A-Za-z]\w*)$/;
const UNITS = { kb: 1024, kib: 1024, mb: 1024 ** 2, mib: 1024 ** 2, gb: 1024 ** 3, gib: 1024 ** 3 };

export const APPLICATION: readonly Keyword[] = [
  ...BUFFERS.flatMap(([protocols, names]) => names.trim().split(/\s+/).map(bufferOf(protocols))),
  ...Object.entries(LEGACY).map(
    ([name, buffer]): Keyword => ({
      name,
      kind: 'legacy-buffer',
      grammar: none,
      buffer,
      protocols: ['http'],
    }),
  ),
  ...Object.entries(LEGACY_STICKY).map(
    ([name, buffer]): Keyword => ({
      name,
      kind: 'buffer',
      grammar: none,
      buffer,
      protocols: ['http'],
    }),
  ),
  ...NUMBERS.flatMap(([protocols, names]) =>
    names.split(/\s+/).map(
      (name): Keyword => ({
        name,
        kind: 'field',
        protocols,
        grammar: number({ max: U32, names: NAMES_OR_NUMBERS, units: UNITS, suffix: WHICH }),
      }),
    ),
  ),
  field('tls', 'tls.version', text('a version', /^[\w.]+$/)),
  field('tls', 'ssl_version', text('versions', /^[\w.!,\s]+$/)),
  field('tls', 'ssl_state', text('states', /^[\w!,|\s]+$/)),
  field('tls', 'tls.subject', text()),
  field('tls', 'tls.issuerdn', text()),
  field('tls', 'tls.fingerprint', text()),
  field('tls', 'tls_cert_expired', none),
  field('tls', 'tls_cert_valid', none),
  field('tls', 'tls_cert_notbefore', text()),
  field('tls', 'tls_cert_notafter', text()),
  field('tls', 'tls.store', none, 'certificates are not stored, only their fields and digests'),
  field('dcerpc', 'dcerpc.iface', text(), undefined, ['dce_iface']),
  field('dcerpc', 'dcerpc.opnum', text('operation numbers', /^[\d,\s-]+$/), undefined, [
    'dce_opnum',
  ]),
  field('mqtt', 'mqtt.flags', text('flags', /^[\w!,\s]+$/)),
  field('mqtt', 'mqtt.connect.flags', text('flags', /^[\w!,\s]+$/)),
  field('modbus', 'modbus', text('function, access or unit')),
  field(
    'dnp3',
    'dnp3_obj',
    fields({ positional: [shape('a group', /^\d+$/), shape('a variation', /^\d+$/)] }),
  ),
  { name: 'fileext', kind: 'field', grammar: text() },
  { name: 'filename', kind: 'field', grammar: text() },
  { name: 'filemagic', kind: 'field', grammar: text() },
  { name: 'filemd5', kind: 'field', grammar: text('a file of digests') },
  { name: 'filesha1', kind: 'field', grammar: text('a file of digests') },
  { name: 'filesha256', kind: 'field', grammar: text('a file of digests') },
];

function bufferOf(protocols: readonly string[]): (names: string) => Keyword {
  return (names) => {
    const [name = '', ...aliases] = names.split('|');
    return {
      name,
      kind: 'buffer',
      grammar: none,
      protocols,
      ...(aliases.length > 0 && { aliases }),
    };
  };
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
