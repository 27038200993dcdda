/** Rules of MQTT, SNMP, Kerberos, NTP and HTTP/2 that must alert once, and that must not. */
import type { KeywordCases } from './expect-case.ts';
import { HTTP2, KRB5, MQTT, NTP, SNMP } from './protocol-traffic.ts';

export const SERVICE_CASES: readonly KeywordCases[] = [
  [
    'mqtt',
    MQTT,
    [
      [
        'mqtt.connect.clientid',
        'mqtt.connect.clientid; content:"moth-1"; bsize:6;',
        'mqtt.connect.clientid; content:"bob";',
      ],
      [
        'mqtt.connect.username',
        'mqtt.connect.username; content:"bob";',
        'mqtt.connect.username; content:"moth";',
      ],
      [
        'mqtt.connect.password',
        'mqtt.connect.password; content:"swordfish";',
        'mqtt.connect.password; content:"bob";',
      ],
      [
        'mqtt.connect.willtopic',
        'mqtt.connect.willtopic; content:"wills";',
        'mqtt.connect.willtopic; content:"gone";',
      ],
      [
        'mqtt.connect.willmessage',
        'mqtt.connect.willmessage; content:"gone";',
        'mqtt.connect.willmessage; content:"wills";',
      ],
      [
        'mqtt.connect.protocol_string',
        'mqtt.connect.protocol_string; content:"MQTT";',
        'mqtt.connect.protocol_string; content:"MQIsdp";',
      ],
      [
        'mqtt.publish.topic',
        'mqtt.publish.topic; content:"lamps/1"; endswith;',
        'mqtt.publish.topic; content:"moon";',
      ],
      [
        'mqtt.publish.message',
        'mqtt.publish.message; content:"on"; bsize:2;',
        'mqtt.publish.message; content:"off";',
      ],
      [
        'mqtt.subscribe.topic, several',
        'mqtt.subscribe.topic; content:"lamps/#"; mqtt.subscribe.topic; content:"moon";',
        'mqtt.subscribe.topic; content:"lamps"; content:"moon";',
      ],
      [
        'mqtt.unsubscribe.topic',
        'mqtt.unsubscribe.topic; content:"moon";',
        'mqtt.unsubscribe.topic; content:"lamps";',
      ],
      ['mqtt.type', 'mqtt.type:CONNACK;', 'mqtt.type:PUBREC;'],
      ['mqtt.type, number', 'mqtt.type:14;', 'mqtt.type:>14;'],
      [
        'mqtt.protocol_version',
        'mqtt.protocol_version:5; mqtt.type:CONNECT;',
        'mqtt.protocol_version:<5;',
      ],
      ['mqtt.flags', 'mqtt.flags:dup,retain;', 'mqtt.flags:dup,!retain;'],
      ['mqtt.qos', 'mqtt.qos:1; mqtt.type:PUBLISH;', 'mqtt.qos:2;'],
      ['mqtt.reason_code', 'mqtt.reason_code:17;', 'mqtt.reason_code:16;'],
      [
        'mqtt.connack.session_present',
        'mqtt.connack.session_present:yes;',
        'mqtt.connack.session_present:false;',
      ],
      [
        'mqtt.connect.flags',
        'mqtt.connect.flags:username,password,will,!will_retain;',
        'mqtt.connect.flags:username,!password;',
      ],
      [
        'frame mqtt.pdu',
        'frame:mqtt.pdu; content:"|10|"; depth:1; content:"swordfish"; endswith;',
        'frame:mqtt.pdu; content:"|f0|"; depth:1;',
      ],
      [
        'frame mqtt.header',
        'frame:header; content:"|e0 00|"; bsize:2;',
        'frame:mqtt.header; content:"moth";',
      ],
      [
        'frame mqtt.data',
        'frame:mqtt.data; content:"|00 04|MQTT"; startswith;',
        'frame:mqtt.data; content:"|10|"; depth:1;',
      ],
    ],
  ],
  [
    'snmp',
    SNMP,
    [
      [
        'snmp.community',
        'flow:to_server; snmp.community; content:"private"; bsize:7;',
        'snmp.community; content:"public";',
      ],
      ['snmp.version', 'flow:to_client; snmp.version:2;', 'snmp.version:3;'],
      ['snmp.pdu_type', 'snmp.pdu_type:2;', 'snmp.pdu_type:>2;'],
    ],
  ],
  [
    'krb5',
    KRB5,
    [
      ['krb5_msg_type of a request', 'krb5_msg_type:10;', 'krb5_msg_type:12;'],
      ['krb5_err_code', 'krb5_err_code:25;', 'krb5_err_code:24;'],
      ['krb5.cname', 'krb5.cname; content:"moth";', 'krb5.cname; content:"bat";'],
      [
        'krb5.sname, parts',
        'krb5.sname; content:"http"; krb5.sname; content:"lamp";',
        'krb5.sname; content:"http"; content:"lamp";',
      ],
      [
        'krb5.ticket_encryption',
        'krb5.ticket_encryption:des-cbc-md5, rc4-hmac;',
        'krb5.ticket_encryption:!23;',
      ],
      [
        'krb5.ticket_encryption weak',
        'krb5.ticket_encryption:weak;',
        'krb5.ticket_encryption:!weak;',
      ],
    ],
  ],
  [
    'ntp',
    NTP,
    [
      ['ntp.mode', 'ntp.mode:server;', 'ntp.mode:broadcast;'],
      ['ntp.version', 'flow:to_server; ntp.version:4;', 'ntp.version:<4;'],
      ['ntp.stratum', 'flow:to_client; ntp.stratum:0;', 'ntp.stratum:>0;'],
      [
        'ntp.reference_id',
        'ntp.reference_id; content:"RATE"; bsize:4;',
        'ntp.reference_id; content:"DENY";',
      ],
    ],
  ],
  [
    'http2',
    HTTP2,
    [
      ['http2.frametype', 'http2.frametype:GOAWAY;', 'http2.frametype:PUSHPROMISE;'],
      ['http2.frametype of data', 'http2.frametype:0;', 'http2.frametype:PING;'],
      ['http2.errorcode', 'http2.errorcode:ENHANCE_YOUR_CALM;', 'http2.errorcode:NO_ERROR;'],
      ['http2.priority', 'http2.priority:42;', 'http2.priority:<42;'],
      ['http2.window', 'http2.window:12345;', 'http2.window:>12345;'],
      ['http2.size_update', 'http2.size_update:928;', 'http2.size_update:>928;'],
      [
        'http2.settings',
        'http2.settings:SETTINGS_INITIAL_WINDOW_SIZE>65535;',
        'http2.settings:SETTINGS_ENABLE_PUSH=1;',
      ],
      [
        'http2.header_name',
        'flow:to_server; http2.header_name; content:"x-moth"; bsize:6;',
        'http2.header_name; content:"x-bat";',
      ],
      [
        'http.request_header',
        'http.request_header; content:"x-moth|3a 20|wing"; bsize:12;',
        'http.request_header; content:"x-moth|3a 20|foot";',
      ],
      [
        'file.data',
        'flow:to_client; file.data; content:"light"; bsize:5;',
        'file.data; content:"dark";',
      ],
    ],
  ],
];
