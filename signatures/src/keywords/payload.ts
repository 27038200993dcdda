/** Keywords that look into a payload or buffer, and those that change the content before them. */
import { content } from '../content.ts';
import {
  choice,
  fields,
  integer,
  none,
  number,
  optional,
  shape,
  text,
  VARIABLE,
} from '../grammar.ts';
import { pcre } from '../pcre.ts';
import type { Keyword } from './keyword.ts';
import { nothing } from './resolve-meta.ts';
import { rpcCall } from './resolve-packet.ts';
import {
  absent,
  base64Decode,
  byteExtract,
  byteJump,
  byteMath,
  byteTest,
  contentIn,
  endswith,
  entropy,
  fastPattern,
  isDataAt,
  nocase,
  pcreMatch,
  place,
  sizeIn,
  startswith,
} from './resolve-payload.ts';
import {
  decompress,
  fromBase64,
  patternTransform,
  plainTransform,
  subslice,
  xor,
} from './resolve-transform.ts';

const U32 = 4_294_967_295;
const AMOUNT = shape(
  'a number or variable',
  /^([+-]?\d{1,10}|0x[0-9a-fA-F]{1,8}|[A-Za-z_][\w.-]*)$/,
);
const BYTES = shape('a count of bytes or a variable', /^(\d{1,2}|[A-Za-z_][\w.-]*)$/);
const position = fields({ positional: [AMOUNT] });
const ENDIAN = { big: 'flag', little: 'flag', dce: 'flag' } as const;
const BASE = { string: 'flag', hex: 'flag', dec: 'flag', oct: 'flag' } as const;
const BITMASK = shape('a bit mask', /^(0x)?[0-9a-fA-F]{1,8}$/);

export const PAYLOAD: readonly Keyword[] = [
  { name: 'content', resolve: contentIn(), kind: 'match', grammar: content },
  {
    name: 'uricontent',
    resolve: contentIn('http.uri'),
    kind: 'match',
    grammar: content,
    buffer: 'http.uri',
    protocols: ['http'],
  },
  { name: 'pcre', resolve: pcreMatch, kind: 'match', grammar: pcre },
  { name: 'nocase', resolve: nocase, kind: 'modifier', grammar: none },
  { name: 'rawbytes', resolve: nothing, kind: 'modifier', grammar: none },
  { name: 'startswith', resolve: startswith, kind: 'modifier', grammar: none },
  { name: 'endswith', resolve: endswith, kind: 'modifier', grammar: none },
  { name: 'depth', resolve: place('depth'), kind: 'modifier', grammar: position },
  { name: 'offset', resolve: place('offset'), kind: 'modifier', grammar: position },
  { name: 'distance', resolve: place('distance'), kind: 'modifier', grammar: position },
  { name: 'within', resolve: place('within'), kind: 'modifier', grammar: position },
  {
    name: 'fast_pattern',
    resolve: fastPattern,
    kind: 'modifier',
    grammar: optional(
      fields({
        positional: [shape('"only" or an offset', /^(only|\d{1,5})$/), integer(1, 65_535)],
        atLeast: 1,
      }),
    ),
  },
  {
    name: 'replace',
    kind: 'modifier',
    grammar: content,
    refused: 'a passive engine changes no packets',
  },
  {
    name: 'isdataat',
    resolve: isDataAt,
    kind: 'match',
    grammar: fields({
      positional: [shape('a number or variable', /^!?\s*(\d{1,5}|[A-Za-z_][\w.-]*)$/)],
      named: { relative: 'flag', rawbytes: 'flag' },
    }),
  },
  {
    name: 'bsize',
    resolve: sizeIn(),
    kind: 'match',
    grammar: number({ max: U32, names: /^!?[A-Za-z_][\w.-]*$/ }),
  },
  {
    name: 'absent',
    resolve: absent,
    kind: 'match',
    grammar: optional(fields({ positional: [choice('or_else')] })),
  },
  {
    name: 'byte_test',
    resolve: byteTest,
    kind: 'match',
    grammar: fields({
      positional: [BYTES, shape('an operator', /^!?\s*(<|>|=|<=|>=|&|\^|!)$|^!$/), AMOUNT, AMOUNT],
      atLeast: 4,
      named: { relative: 'flag', ...ENDIAN, ...BASE, bitmask: BITMASK },
    }),
  },
  {
    name: 'byte_jump',
    resolve: byteJump,
    kind: 'match',
    grammar: fields({
      positional: [BYTES, AMOUNT],
      atLeast: 2,
      named: {
        relative: 'flag',
        ...ENDIAN,
        ...BASE,
        align: 'flag',
        from_beginning: 'flag',
        from_end: 'flag',
        post_offset: AMOUNT,
        multiplier: integer(1, 65_535),
        bitmask: BITMASK,
      },
    }),
  },
  {
    name: 'byte_extract',
    resolve: byteExtract,
    kind: 'match',
    grammar: fields({
      positional: [integer(1, 23), integer(-65_535, 65_535), VARIABLE],
      atLeast: 3,
      named: {
        relative: 'flag',
        ...ENDIAN,
        ...BASE,
        align: choice('2', '4'),
        multiplier: integer(1, 65_535),
        bitmask: BITMASK,
      },
    }),
  },
  {
    name: 'byte_math',
    resolve: byteMath,
    kind: 'match',
    grammar: fields({
      positional: [],
      named: {
        bytes: BYTES,
        offset: AMOUNT,
        oper: choice('+', '-', '*', '/', '<<', '>>'),
        rvalue: AMOUNT,
        result: VARIABLE,
        relative: 'flag',
        endian: choice('big', 'little', 'dce'),
        dce: 'flag',
        string: choice('hex', 'dec', 'oct'),
        bitmask: BITMASK,
      },
      required: ['bytes', 'offset', 'oper', 'rvalue', 'result'],
    }),
  },
  {
    name: 'entropy',
    resolve: entropy,
    kind: 'match',
    grammar: fields({
      positional: [],
      named: {
        bytes: integer(0, 65_535),
        offset: integer(0, 65_535),
        value: shape('a comparison', /^(<|>|=|<=|>=|!)?\s*\d+(\.\d+)?(-\d+(\.\d+)?)?$/),
      },
      required: ['value'],
    }),
  },
  {
    name: 'base64_decode',
    resolve: base64Decode,
    kind: 'match',
    grammar: optional(
      fields({
        positional: [],
        named: { bytes: integer(1, 65_535), offset: integer(0, 65_535), relative: 'flag' },
      }),
    ),
  },
  {
    name: 'rpc',
    kind: 'packet',
    resolve: rpcCall,
    grammar: text('PROGRAM,VERSION,PROCEDURE', /^\d+(,(\*|\d+)){0,2}$/),
  },
  { name: 'dsize', kind: 'packet', grammar: number({ max: 65_535 }), once: true },
  {
    name: 'urilen',
    resolve: sizeIn('http.uri'),
    kind: 'field',
    grammar: number({ max: 65_535, suffix: /^(raw|norm)$/ }),
    protocols: ['http'],
  },
  {
    name: 'asn1',
    kind: 'match',
    grammar: text(),
    refused: 'ASN.1 in payloads is not decoded',
  },
  {
    name: 'lua',
    kind: 'match',
    grammar: text(),
    aliases: ['luajit'],
    refused: 'rules run no scripts in this engine',
  },
];

/** A key as hex digits, or `offset N, extract N M`: the key is taken from the buffer. */
const XOR = /^(([0-9a-fA-F]{2}){1,255}|(offset\s+\d{1,5}\s*,\s*)?extract\s+\d{1,5}\s+\d{1,5})$/;

export const TRANSFORMS: readonly Keyword[] = [
  ...[
    'dotprefix',
    'domain',
    'tld',
    'to_lowercase',
    'to_uppercase',
    'to_md5',
    'to_sha1',
    'to_sha256',
    'url_decode',
    'compress_whitespace',
    'strip_whitespace',
    'strip_pseudo_headers',
    'header_lowercase',
  ].map((name): Keyword => ({ name, kind: 'transform', grammar: none, resolve: plainTransform })),
  ...['gunzip', 'zlib_deflate'].map(
    (name): Keyword => ({
      name,
      kind: 'transform',
      resolve: decompress,
      grammar: optional(
        fields({ positional: [], named: { 'max-size': shape('a size', /^\d+[kmg]?b?$/i) } }),
      ),
    }),
  ),
  {
    name: 'xor',
    resolve: xor,
    kind: 'transform',
    grammar: text('hex digits, or where the key stands', XOR),
  },
  { name: 'pcrexform', resolve: patternTransform, kind: 'transform', grammar: text('a pattern') },
  {
    name: 'from_base64',
    resolve: fromBase64,
    kind: 'transform',
    grammar: optional(
      fields({
        positional: [],
        named: {
          bytes: AMOUNT,
          offset: integer(0, 65_535),
          mode: choice('rfc4648', 'rfc2045', 'strict'),
        },
      }),
    ),
  },
  {
    name: 'subslice',
    resolve: subslice,
    kind: 'transform',
    grammar: fields({
      positional: [integer(-65_535, 65_535), integer(-65_535, 65_535)],
      atLeast: 1,
      named: { truncate: 'flag' },
    }),
  },
  {
    name: 'luaxform',
    kind: 'transform',
    grammar: text(),
    refused: 'rules run no scripts in this engine',
  },
];
