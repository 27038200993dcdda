/** Rules of SIP and session descriptions that must alert once on their traffic, and that must not. */
import type { KeywordCases } from './expect-case.ts';
import { SIP } from './protocol-traffic.ts';

export const SIP_CASES: readonly KeywordCases[] = [
  [
    'sip',
    SIP,
    [
      ['sip.method', 'sip.method; content:"INVITE"; bsize:6;', 'sip.method; content:"BYE";'],
      ['sip.uri', 'sip.uri; content:"sip:bat@b.example"; endswith;', 'sip.uri; content:"INVITE";'],
      [
        'sip.request_line',
        'sip.request_line; content:"INVITE sip:bat@b.example SIP/2.0"; bsize:32;',
        'sip.request_line; content:"Ringing";',
      ],
      [
        'sip.response_line',
        'sip.response_line; content:"180 Ringing"; endswith;',
        'sip.response_line; content:"INVITE";',
      ],
      ['sip.stat_code', 'sip.stat_code; content:"180"; bsize:3;', 'sip.stat_code; content:"200";'],
      ['sip.stat_msg', 'sip.stat_msg; content:"Ringing";', 'sip.stat_msg; content:"180";'],
      [
        'sip.protocol',
        'flow:to_server; sip.protocol; content:"SIP/2.0"; bsize:7;',
        'sip.protocol; content:"SIP/1";',
      ],
      ['sip.from', 'flow:to_server; sip.from; content:"|22|Moth|22|";', 'sip.from; content:"bat";'],
      [
        'sip.to',
        'flow:to_client; sip.to; content:"<sip:bat@b.example>";',
        'sip.to; content:"moth";',
      ],
      ['sip.via', 'flow:to_client; sip.via; content:"SIP/2.0/UDP";', 'sip.via; content:"TCP";'],
      [
        'sip.user_agent',
        'sip.user_agent; content:"wings";',
        'flow:to_client; sip.user_agent; content:"wings";',
      ],
      [
        'sip.content_type',
        'sip.content_type; content:"application/sdp";',
        'sip.content_type; content:"text";',
      ],
      [
        'sip.content_length',
        'sip.content_length; content:"0"; bsize:1;',
        'sip.content_length; content:"x";',
      ],
      ['sdp.origin', 'sdp.origin; content:"moth 1 2 IN"; startswith;', 'sdp.origin; content:"o=";'],
      [
        'sdp.session_name',
        'sdp.session_name; content:"Night call";',
        'sdp.session_name; content:"Day";',
      ],
      [
        'sdp.session_info',
        'sdp.session_info; content:"about lamps";',
        'sdp.session_info; content:"voice";',
      ],
      ['sdp.uri', 'sdp.uri; content:"http://lamp.example";', 'sdp.uri; content:"sip:";'],
      ['sdp.email', 'sdp.email; content:"moth@";', 'sdp.email; content:"bat@";'],
      [
        'sdp.phone_number',
        'sdp.phone_number; content:"+1 555";',
        'sdp.phone_number; content:"+2";',
      ],
      [
        'sdp.connection_data',
        'sdp.connection_data; content:"10.0.0.1";',
        'sdp.connection_data; content:"10.0.0.3";',
      ],
      ['sdp.bandwidth', 'sdp.bandwidth; content:"AS:64";', 'sdp.bandwidth; content:"CT";'],
      ['sdp.time', 'sdp.time; content:"1 2"; bsize:3;', 'sdp.time; content:"3";'],
      ['sdp.repeat_time', 'sdp.repeat_time; content:"7d";', 'sdp.repeat_time; content:"8d";'],
      ['sdp.timezone', 'sdp.timezone; content:"-1h";', 'sdp.timezone; content:"+1h";'],
      [
        'sdp.encryption_key',
        'sdp.encryption_key; content:"prompt";',
        'sdp.encryption_key; content:"clear";',
      ],
      ['sdp.attribute', 'sdp.attribute; content:"sendrecv";', 'sdp.attribute; content:"inactive";'],
      [
        'sdp.media.media',
        'sdp.media.media; content:"audio 4000";',
        'sdp.media.media; content:"video";',
      ],
      [
        'sdp.media.media_info',
        'sdp.media_description.session_info; content:"voice";',
        'sdp.media.media_info; content:"lamps";',
      ],
      [
        'sdp.media.connection_data',
        'sdp.media.connection_data; content:"10.0.0.3";',
        'sdp.media.connection_data; content:"10.0.0.1";',
      ],
      [
        'sdp.media.encryption_key',
        'sdp.media.encryption_key; content:"clear:x";',
        'sdp.media.encryption_key; content:"prompt";',
      ],
      [
        'frame sip.pdu',
        'flow:to_client; frame:sip.pdu; content:"SIP/2.0 180"; startswith;',
        'frame:sip.pdu; content:"200 OK";',
      ],
      [
        'frame sip.request.line',
        'frame:request.line; content:"SIP/2.0|0d 0a|"; endswith;',
        'frame:sip.request.line; content:"Via";',
      ],
      [
        'frame sip.request.headers',
        'frame:sip.request.headers; content:"Via:"; startswith;',
        'frame:sip.request.headers; content:"INVITE";',
      ],
      [
        'frame sip.request.body',
        'frame:sip.request.body; content:"v=0"; startswith;',
        'frame:sip.request.body; content:"Via";',
      ],
      [
        'frame sip.response.line',
        'frame:sip.response.line; content:"Ringing";',
        'frame:sip.response.line; content:"INVITE";',
      ],
      [
        'frame sip.response.headers',
        'frame:sip.response.headers; content:"l: 0";',
        'frame:sip.response.headers; content:"Ringing";',
      ],
    ],
  ],
];
