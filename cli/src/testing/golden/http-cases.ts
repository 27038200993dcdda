/** HTTP: buffers by all their names, and transforms, on one request and its answer. */

import { createHash } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';
import { conversation } from '../packets.ts';
import type { GoldenCase, GoldenGroup } from './golden.ts';

const BODY = 'wings=two&note=aGVsbG8gbW90aA==';
const REQUEST = [
  'POST /a%20b/../File?q=1 HTTP/1.1',
  'Host: Www.Example.com',
  'User-Agent: moth/1',
  'Cookie: id=7',
  'Accept: text/html',
  'Accept-Encoding: gzip',
  'Accept-Language: de',
  'Connection: keep-alive',
  'Content-Type: text/plain',
  `Content-Length: ${BODY.length}`,
  'Referer: http://lamp.example/',
  'X-Spaces: a   b  c',
  '',
  BODY,
].join('\r\n');
const ANSWER = [
  'HTTP/1.1 302 Found',
  'Location: http://moon.example/',
  'Server: lampd',
  'Content-Type: text/html',
  'Content-Length: 5',
  '',
  'light',
].join('\r\n');
/** `printf 'lzma wings' | xz --format=lzma -0`: Node has no encoder. */
const LZMA = Buffer.from(
  '5d00000400ffffffffffffffff00361e89dd7d4986ee0e6bc83e1f5effffa53c0000',
  'hex',
);
const PAGE = conversation(80, [
  { from: 'client', text: REQUEST },
  { from: 'server', text: ANSWER },
]);

/** [name, what it holds, the direction where both have it] */
const BUFFERS: readonly (readonly [string, string, string?])[] = [
  ['http.uri', '/File?q=1'],
  ['http.uri.raw', '/a%20b/../File'],
  ['http.method', 'POST'],
  ['http.protocol', 'HTTP/1.1', 'to_server'],
  ['http.request_line', 'POST /a%20b/../File?q=1 HTTP/1.1'],
  ['http.response_line', 'HTTP/1.1 302 Found'],
  ['http.request_body', 'wings=two'],
  ['http.response_body', 'light'],
  ['http.user_agent', 'moth/1'],
  ['http.host', 'www.example.com'],
  ['http.host.raw', 'Www.Example.com'],
  ['http.cookie', 'id=7'],
  ['http.header', 'User-Agent|3a 20|moth/1', 'to_server'],
  ['http.header.raw', 'X-Spaces|3a 20|a   b  c', 'to_server'],
  ['http.header_names', '|0d 0a|Host|0d 0a|User-Agent|0d 0a|', 'to_server'],
  ['http.request_header', 'Accept-Language|3a 20|de'],
  ['http.response_header', 'Server|3a 20|lampd'],
  ['http.accept', 'text/html'],
  ['http.accept_enc', 'gzip'],
  ['http.accept_lang', 'de'],
  ['http.connection', 'keep-alive'],
  ['http.content_len', '31', 'to_server'],
  ['http.content_type', 'text/plain', 'to_server'],
  ['http.location', 'http|3a|//moon.example/'],
  ['http.referer', 'http|3a|//lamp.example/'],
  ['http.server', 'lampd'],
  ['http.start', 'POST /a%20b', 'to_server'],
  ['http.stat_code', '302'],
  ['http.stat_msg', 'Found'],
];

/** Old names: beside the content, or buffers by another name. */
const OLD_MODIFIERS: readonly (readonly [string, string])[] = [
  ['http_uri', '/File?q=1'],
  ['http_raw_uri', '/a%20b/'],
  ['http_method', 'POST'],
  ['http_client_body', 'wings=two'],
  ['http_user_agent', 'moth/1'],
  ['http_host', 'www.example.com'],
  ['http_raw_host', 'Www.Example.com'],
  ['http_cookie', 'id=7'],
  ['http_header', 'User-Agent|3a 20|moth/1'],
  ['http_raw_header', 'X-Spaces|3a 20|a   b'],
];
const OLD_ANSWERS: readonly (readonly [string, string])[] = [
  ['http_server_body', 'light'],
  ['http_stat_code', '302'],
  ['http_stat_msg', 'Found'],
];
const OLD_BUFFERS: readonly (readonly [string, string, string?])[] = [
  ['http_request_line', 'POST /a'],
  ['http_response_line', '302 Found'],
  ['http_accept', 'text/html'],
  ['http_accept_enc', 'gzip'],
  ['http_accept_lang', 'de'],
  ['http_connection', 'keep-alive'],
  ['http_content_len', '31', 'to_server'],
  ['http_content_type', 'text/plain', 'to_server'],
  ['http_header_names', '|0d 0a|Cookie|0d 0a|', 'to_server'],
  ['http_protocol', 'HTTP/1.1', 'to_server'],
  ['http_referer', 'lamp.example'],
  ['http_start', 'POST /a%20b', 'to_server'],
];

const buffer = ([name, holds, side]: readonly [string, string, string?]): GoldenCase => {
  const flow = side === undefined ? '' : `flow:${side}; `;
  return [name, `${flow}${name}; content:"${holds}";`, `${name}; content:"beetle";`];
};
const modifier =
  (side: string) =>
  ([name, holds]: readonly [string, string]): GoldenCase => [
    name,
    `flow:${side}; content:"${holds}"; ${name};`,
    `flow:${side}; content:"beetle"; ${name};`,
  ];
const hash = (kind: string, text: string) =>
  (createHash(kind).update(text).digest('hex').match(/../g) ?? []).join(' ');

export const HTTP_GOLDEN: readonly GoldenGroup[] = [
  { name: 'buffers', protocol: 'http', capture: PAGE, cases: BUFFERS.map(buffer) },
  {
    name: 'old names',
    protocol: 'http',
    capture: PAGE,
    cases: [
      ...OLD_MODIFIERS.map(modifier('to_server')),
      ...OLD_ANSWERS.map(modifier('to_client')),
      ...OLD_BUFFERS.map(buffer),
      ['uricontent', 'uricontent:"/File";', 'uricontent:"/file";'],
      ['urilen', 'urilen:9;', 'urilen:>9;'],
      ['urilen, raw', 'urilen:18,raw;', 'urilen:9,raw;'],
    ],
  },
  {
    name: 'transforms',
    protocol: 'http',
    capture: PAGE,
    cases: [
      [
        'dotprefix',
        'http.host; dotprefix; content:".www.";',
        'http.host; dotprefix; content:".ww.";',
      ],
      [
        'domain',
        'http.host; domain; content:"example.com"; bsize:11;',
        'http.host; domain; content:"www";',
      ],
      ['tld', 'http.host; tld; content:"com"; bsize:3;', 'http.host; tld; content:"example";'],
      [
        'to_lowercase',
        'http.host.raw; to_lowercase; content:"www.e";',
        'http.host.raw; to_lowercase; content:"Www";',
      ],
      [
        'to_uppercase',
        'http.method; to_uppercase; content:"POST";',
        'http.host; to_uppercase; content:"www";',
      ],
      [
        'to_md5',
        `http.method; to_md5; content:"|${hash('md5', 'POST')}|";`,
        `http.method; to_md5; content:"|${hash('md5', 'GET')}|";`,
      ],
      [
        'to_sha1',
        `http.method; to_sha1; content:"|${hash('sha1', 'POST')}|";`,
        `http.method; to_sha1; content:"|${hash('sha1', 'GET')}|";`,
      ],
      [
        'to_sha256',
        `http.method; to_sha256; content:"|${hash('sha256', 'POST')}|";`,
        `http.method; to_sha256; content:"|${hash('sha256', 'GET')}|";`,
      ],
      [
        'url_decode',
        'http.uri.raw; url_decode; content:"/a b/";',
        'http.uri.raw; url_decode; content:"%20";',
      ],
      [
        'compress_whitespace',
        'flow:to_server; http.header; compress_whitespace; content:"a b c";',
        'flow:to_server; http.header; compress_whitespace; content:"a   b";',
      ],
      [
        'strip_whitespace',
        'flow:to_server; http.header; strip_whitespace; content:"X-Spaces:abc";',
        'flow:to_server; http.header; strip_whitespace; content:"a ";',
      ],
      [
        'strip_pseudo_headers',
        'http.request_header; strip_pseudo_headers; content:"Host";',
        'http.request_header; strip_pseudo_headers; content:":method";',
      ],
      [
        'header_lowercase',
        'http.request_header; header_lowercase; content:"user-agent"; content:"moth";',
        'http.request_header; header_lowercase; content:"User-Agent";',
      ],
      ['xor', 'http.method; xor:01; content:"QNRU";', 'http.method; xor:01; content:"POST";'],
      [
        'pcrexform',
        'http.uri; pcrexform:"/([A-Z])ile"; content:"F"; bsize:1;',
        'http.uri; pcrexform:"/([A-Z])ile"; content:"ile";',
      ],
      [
        'from_base64',
        'http.request_body; from_base64: offset 15, mode rfc4648; content:"hello moth";',
        'http.request_body; from_base64: offset 15, mode rfc4648; content:"aGVs";',
      ],
      [
        'subslice',
        'http.method; subslice:1,2; content:"OS"; bsize:2;',
        'http.method; subslice:1,2; content:"P";',
      ],
    ],
  },
  {
    name: 'compressed bodies',
    protocol: 'http',
    capture: conversation(80, [
      { from: 'client', text: posted(gzipSync('zipped wings')) },
      { from: 'server', text: 'HTTP/1.1 204 No Content\r\n\r\n' },
      { from: 'client', text: posted(deflateSync('deflated wings')) },
      { from: 'server', text: 'HTTP/1.1 204 No Content\r\n\r\n' },
    ]),
    cases: [
      ['absent', 'http.referer; absent;', 'http.host; absent;', 2],
      [
        'gunzip',
        'http.request_body; gunzip; content:"zipped wings";',
        'http.request_body; gunzip; content:"|1f 8b|"; startswith;',
      ],
      [
        'zlib_deflate',
        'http.request_body; zlib_deflate; content:"deflated wings";',
        'http.request_body; zlib_deflate; content:"|78 9c|"; startswith; content:"wings";',
      ],
    ],
  },
  {
    name: 'body by LZMA',
    protocol: 'http',
    capture: conversation(80, [
      { from: 'client', text: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' },
      { from: 'server', text: answered('lzma', LZMA) },
    ]),
    cases: [
      [
        'http.response_body, lzma',
        'http.response_body; content:"lzma wings"; bsize:10;',
        'http.response_body; content:"|5d 00|"; startswith;',
      ],
      [
        'file.data, lzma',
        'file.data; content:"lzma wings"; bsize:10;',
        'file.data; content:"|ff|";',
      ],
    ],
  },
];

function answered(coding: string, body: Buffer): string {
  const head = `HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`;
  return head + body.toString('latin1');
}

function posted(body: Buffer): string {
  const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`;
  return head + body.toString('latin1');
}
