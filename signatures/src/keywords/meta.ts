/** Keywords that say what a rule is, how often it alerts, and what it remembers. */
import {
  choice,
  fields,
  integer,
  none,
  number,
  optional,
  quotedText,
  shape,
  text,
  VARIABLE,
  words,
} from '../grammar.ts';
import type { Keyword } from './keyword.ts';
import {
  bits,
  captured,
  classtype,
  detectionFilter,
  flowint,
  metadata,
  noAlert,
  nothing,
  priority,
  reference,
  tag,
  target,
  threshold,
} from './resolve-meta.ts';
import { ipReputation } from './resolve-packet.ts';
import { datarep, dataset } from './resolve-payload.ts';

const U32 = 4_294_967_295;
const TRACK = choice('by_src', 'by_dst', 'by_both', 'by_rule', 'by_flow');
const IP_TRACK = choice('ip_src', 'ip_dst', 'ip_pair', 'tx');
const NAMES = shape('a name', /^[^\s,;|]+(\s*\|\s*[^\s,;|]+)*$/);
const id = number({ max: U32 });

const BITS = fields({
  positional: [choice('set', 'unset', 'isset', 'isnotset', 'toggle', 'noalert'), NAMES],
  atLeast: 1,
});

export const META: readonly Keyword[] = [
  { name: 'msg', resolve: nothing, kind: 'meta', grammar: quotedText, once: true },
  { name: 'sid', resolve: nothing, kind: 'meta', grammar: id, once: true },
  { name: 'rev', resolve: nothing, kind: 'meta', grammar: id, once: true },
  { name: 'gid', resolve: nothing, kind: 'meta', grammar: id, once: true },
  {
    name: 'classtype',
    resolve: classtype,
    kind: 'meta',
    grammar: text('a class', /^[\w-]+$/),
    once: true,
  },
  { name: 'priority', resolve: priority, kind: 'meta', grammar: number({ max: 255 }), once: true },
  {
    name: 'reference',
    resolve: reference,
    kind: 'meta',
    grammar: text('SYSTEM,ID', /^[\w.-]+\s*,\s*\S/),
  },
  { name: 'metadata', resolve: metadata, kind: 'meta', grammar: text('KEY VALUE, …') },
  {
    name: 'requires',
    resolve: nothing,
    kind: 'meta',
    grammar: text('feature NAME, version >= N, keyword NAME, …'),
  },
  { name: 'target', resolve: target, kind: 'meta', grammar: words(['src_ip', 'dest_ip']) },
  { name: 'noalert', resolve: noAlert, kind: 'meta', grammar: none },
  { name: 'alert', resolve: nothing, kind: 'meta', grammar: none },
  {
    name: 'threshold',
    resolve: threshold,
    kind: 'meta',
    once: true,
    grammar: fields({
      positional: [],
      named: {
        type: choice('limit', 'threshold', 'both', 'backoff'),
        track: TRACK,
        seconds: integer(1, U32),
        count: integer(1, U32),
        multiplier: integer(2, U32),
      },
      required: ['type', 'track', 'count'],
    }),
  },
  {
    name: 'detection_filter',
    resolve: detectionFilter,
    kind: 'meta',
    once: true,
    grammar: fields({
      positional: [],
      named: {
        track: TRACK,
        seconds: integer(1, U32),
        count: integer(1, U32),
        unique_on: choice('src_port', 'dst_port'),
      },
      required: ['track', 'seconds', 'count'],
    }),
  },
  {
    name: 'tag',
    resolve: tag,
    kind: 'meta',
    grammar: fields({
      positional: [
        choice('session', 'host'),
        integer(1, U32),
        choice('packets', 'bytes', 'seconds'),
        choice('src', 'dst'),
      ],
      atLeast: 1,
    }),
  },
  { name: 'flowbits', resolve: bits('flowbits'), kind: 'state', grammar: BITS },
  {
    name: 'hostbits',
    resolve: bits('hostbits'),
    kind: 'state',
    grammar: fields({
      positional: [
        choice('set', 'unset', 'isset', 'isnotset', 'toggle', 'noalert'),
        NAMES,
        choice('src', 'dst', 'both'),
        integer(1, U32),
      ],
      atLeast: 1,
    }),
  },
  {
    name: 'xbits',
    resolve: bits('xbits'),
    kind: 'state',
    grammar: fields({
      positional: [choice('set', 'unset', 'isset', 'isnotset', 'toggle', 'noalert'), NAMES],
      named: { track: IP_TRACK, expire: integer(1, U32) },
      atLeast: 1,
    }),
  },
  {
    name: 'flowint',
    resolve: flowint,
    kind: 'state',
    grammar: fields({
      positional: [
        shape('a variable name', /^[\w.-]+$/),
        choice('=', '+', '-', '<', '>', '<=', '>=', '==', '!=', 'isset', 'notset', 'isnotset'),
        shape('a number or variable', /^([\w.-]+)$/),
      ],
      atLeast: 2,
    }),
  },
  {
    name: 'flowvar',
    resolve: captured('flowvar'),
    kind: 'state',
    grammar: fields({ positional: [VARIABLE, shape('a value', /\S/)] }),
  },
  {
    name: 'pktvar',
    resolve: captured('pktvar'),
    kind: 'state',
    grammar: fields({ positional: [VARIABLE, shape('a value', /\S/)] }),
  },
  {
    name: 'dataset',
    resolve: dataset,
    kind: 'match',
    grammar: fields({
      positional: [choice('set', 'unset', 'isset', 'isnotset'), shape('a name', /^[\w.-]{1,63}$/)],
      named: {
        type: choice('string', 'md5', 'sha256', 'ipv4', 'ip'),
        load: shape('a file', /\S/),
        save: shape('a file', /\S/),
        state: shape('a file', /\S/),
        memcap: shape('a size', /^\d+\s*[kmg]?b?$/i),
        hashsize: integer(1, U32),
        format: choice('csv', 'json', 'ndjson', 'jsonline'),
        context_key: shape('a name', /^\w+$/),
        value_key: shape('a name', /^[\w.]+$/),
        array_key: shape('a name', /^[\w.]+$/),
        enrichment_key: shape('a name', /^\w+$/),
        remove_key: 'flag',
      },
    }),
  },
  {
    name: 'datarep',
    resolve: datarep,
    kind: 'match',
    grammar: fields({
      positional: [
        shape('a name', /^[\w.-]{1,63}$/),
        choice('<', '>', '=', '=='),
        integer(0, 65_535),
      ],
      named: {
        type: choice('string', 'md5', 'sha256', 'ipv4', 'ip'),
        load: shape('a file', /\S/),
        memcap: shape('a size', /^\d+\s*[kmg]?b?$/i),
        hashsize: integer(1, U32),
      },
      atLeast: 3,
    }),
  },
  {
    name: 'iprep',
    resolve: ipReputation,
    kind: 'packet',
    grammar: fields({
      positional: [
        choice('any', 'src', 'dst', 'both'),
        shape('a category', /^\w+$/),
        choice('<', '>', '=', '<=', '>=', 'isset', 'isnotset'),
        integer(0, 127),
      ],
      atLeast: 3,
    }),
  },
  { name: 'prefilter', resolve: nothing, kind: 'meta', grammar: optional(none) },
  {
    name: 'config',
    kind: 'meta',
    grammar: text(),
    refused: 'it changes what Suricata logs; Netmoth has its own settings for that',
  },
  {
    name: 'bypass',
    kind: 'meta',
    grammar: none,
    refused: 'a passive engine passes no traffic that it could let go past',
  },
  {
    name: 'filestore',
    kind: 'meta',
    grammar: optional(text()),
    refused: 'files are not stored, only their names, sizes, types and digests',
  },
  {
    name: 'nfq_set_mark',
    kind: 'meta',
    grammar: text(),
    refused: 'a passive engine marks no packets',
  },
];
