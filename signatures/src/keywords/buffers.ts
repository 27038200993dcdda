/**
 * Sticky buffers: who fills them, in which direction, once or many times a transaction.
 *
 * Source: Suricata 8 user guide, chapter "Suricata Rules" (http, file, dns, tls, … keywords; "Multiple
 * Buffer Matching"). Invariant: a row names every protocol that fills it; none of them means every one.
 */
import { none, optional, words } from '../grammar.ts';
import type { Keyword } from './keyword.ts';

/**
 * Buffers by the protocols that fill them. `name|alias` gives the alias too. Marks before a name:
 * `>` filled by clients alone, `<` by servers alone, `*` several a transaction (each use of the keyword
 * begins a new one), `~` may be given a direction, as rules over whole transactions need it.
 */
const BUFFERS: readonly (readonly [readonly string[], string])[] = [
  [
    ['http'],
    `>http.uri >http.uri.raw >http.method ~http.protocol >http.request_line <http.response_line
     >http.request_body <http.response_body >http.user_agent >http.host >http.host.raw ~http.cookie
     ~http.header ~http.header.raw ~http.header_names *>http.request_header *<http.response_header
     >http.accept >http.accept_enc >http.accept_lang ~http.connection ~http.content_len
     ~http.content_type <http.location >http.referer <http.server ~http.start <http.stat_code
     <http.stat_msg *~http2.header_name *~http2.header`,
  ],
  [
    ['http', 'smtp', 'ftp-data', 'ftp', 'smb', 'nfs', 'pop3', 'imap'],
    '*~file.data|file_data *~file.name *~file.magic',
  ],
  [
    ['dns', 'mdns', 'doh2'],
    `*>dns.query|dns_query *dns.query.name *dns.answer.name *dns.queries.rrname
     *dns.answers.rrname *dns.additionals.rrname *dns.authorities.rrname *<dns.response.rrname
     *mdns.queries.rrname *mdns.answers.rrname *mdns.additionals.rrname *mdns.authorities.rrname
     *mdns.response.rrname`,
  ],
  [
    ['tls'],
    `>tls.sni|tls_sni *tls.cert_subject|tls_cert_subject tls.cert_issuer|tls_cert_issuer
     tls.cert_serial|tls_cert_serial tls.cert_fingerprint|tls_cert_fingerprint *tls.certs
     tls.random tls.random_time tls.random_bytes *tls.subjectaltname *tls.alpn
     <ja3s.hash|ja3s_hash <ja3s.string`,
  ],
  [['tls', 'quic'], '>ja3.hash|ja3_hash >ja3.string|ja3_string >ja4.hash'],
  [['quic'], '>quic.sni >quic.ua quic.version *quic.cyu.hash *quic.cyu.string'],
  [
    ['ssh'],
    `ssh.proto|ssh_proto ssh.software|ssh_software >ssh.hassh >ssh.hassh.string <ssh.hassh.server
     <ssh.hassh.server.string`,
  ],
  [
    ['smtp', 'pop3', 'imap'],
    `>smtp.helo >smtp.mail_from *>smtp.rcpt_to >email.from >email.to >email.cc >email.subject
     >email.date >email.message_id >email.x_mailer *>email.url *>email.received >email.body_md5`,
  ],
  [['ftp'], '>ftp.command >ftp.command_data *<ftp.completion_code *<ftp.reply'],
  [['smb'], '>smb.named_pipe >smb.share >smb.ntlmssp_user >smb.ntlmssp_domain'],
  [['dcerpc', 'smb'], 'dce_stub_data|dcerpc.stub_data'],
  [
    ['sip'],
    `>sip.method >sip.uri sip.protocol >sip.request_line <sip.response_line <sip.stat_code
     <sip.stat_msg *sip.from *sip.to *sip.via *sip.user_agent|sip.ua *sip.content_type
     *sip.content_length
     sdp.origin sdp.session_name sdp.session_info sdp.uri sdp.email sdp.phone_number
     sdp.connection_data *sdp.bandwidth *sdp.time sdp.timezone *sdp.repeat_time
     sdp.encryption_key *sdp.attribute *sdp.media.media|sdp.media_description.media
     *sdp.media.media_info|sdp.media.session_info|sdp.media_description.session_info
     *sdp.media.connection_data|sdp.media_description.connection_data
     *sdp.media.encryption_key|sdp.media_description.encryption_key`,
  ],
  [['ntp'], 'ntp.reference_id'],
  [['snmp'], 'snmp.community snmp.usm'],
  [
    ['mqtt'],
    `>mqtt.connect.clientid >mqtt.connect.username >mqtt.connect.password
     >mqtt.connect.willtopic >mqtt.connect.willmessage >mqtt.connect.protocol_string
     >mqtt.publish.topic >mqtt.publish.message *>mqtt.subscribe.topic *>mqtt.unsubscribe.topic`,
  ],
  [['krb5'], '*<krb5.cname|krb5_cname *<krb5.sname|krb5_sname'],
  [['rfb'], 'rfb.name'],
  [
    ['ike'],
    `ike.init_spi ike.resp_spi ike.ike_spi_initiator ike.nonce_payload ike.key_exchange_payload
     *ike.vendor`,
  ],
  [['pgsql'], '>pgsql.query'],
  [['websocket'], 'websocket.payload'],
  [
    ['ldap'],
    `>ldap.request.dn *<ldap.responses.dn *<ldap.responses.message *>ldap.request.attribute_type
     *<ldap.responses.attribute_type`,
  ],
  [['enip'], 'enip.product_name enip.service_name'],
  [['dnp3'], 'dnp3_data|dnp3.data'],
];

/** Buffers of single packets: headers, addresses, what base64_decode left. */
const PACKET_BUFFERS =
  'base64_data ipv4.hdr ipv6.hdr tcp.hdr udp.hdr icmpv4.hdr icmpv6.hdr ether.hdr ip.src ip.dst';

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

const MARKED = /^([*~<>]*)(.+)$/;

export const BUFFER_KEYWORDS: readonly Keyword[] = [
  ...BUFFERS.flatMap(([protocols, names]) => names.trim().split(/\s+/).map(bufferOf(protocols))),
  ...PACKET_BUFFERS.split(' ').map(
    (name): Keyword => ({ name, kind: 'buffer', grammar: optional(none) }),
  ),
  ...Object.entries(LEGACY).map(([name, buffer]): Keyword => legacy(name, buffer, 'legacy-buffer')),
  ...Object.entries(LEGACY_STICKY).map(([name, buffer]): Keyword => legacy(name, buffer, 'buffer')),
];

function bufferOf(protocols: readonly string[]): (names: string) => Keyword {
  return (names) => {
    const [, marks = '', rest = ''] = MARKED.exec(names) ?? [];
    const [name = '', ...aliases] = rest.split('|');
    const directed = marks.includes('~');
    return {
      name,
      kind: 'buffer',
      grammar: directed ? optional(words(['to_server', 'to_client'])) : none,
      protocols,
      ...(marks.includes('*') && { multi: true }),
      ...(marks.includes('>') && { side: 'to_server' as const }),
      ...(marks.includes('<') && { side: 'to_client' as const }),
      ...(aliases.length > 0 && { aliases }),
    };
  };
}

function legacy(name: string, buffer: string, kind: 'legacy-buffer' | 'buffer'): Keyword {
  return { name, kind, grammar: none, buffer, protocols: ['http'] };
}
