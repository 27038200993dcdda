/**
 * The records of rules in a bundle, field by field in the order they stand there.
 *
 * Invariant: any change here changes docs/bundle.md (a test compares) and the format's version.
 */
import type {
  AddressSet,
  Amount,
  ByteValue,
  ContentMatcher,
  DatasetUse,
  FastPattern,
  FieldTest,
  FlowTest,
  Inspection,
  Matcher,
  NumberTest,
  PayloadPlaces,
  Prefilter,
  ProtocolTest,
  Range,
  Rate,
  RuleHead,
  RuleModel,
  StateOperation,
  Tag,
  Transform,
  Which,
} from '../model/rule-model.ts';
import { BundleError } from './bundle-error.ts';
import {
  bool,
  bytes,
  type Codec,
  choice,
  flags,
  type Interner,
  list,
  optional,
  pair,
  type RecordReader,
  type RecordWriter,
  struct,
  text,
  u8,
  u32,
  varint,
  word,
  zigzag,
} from './codec.ts';

const range = struct<Range>('range', { low: varint, high: varint });

/** A set that stands in a table of its own, by its place. */
function placed<T extends object>(
  name: string,
  place: (out: RecordWriter) => Interner<object>,
  table: (from: RecordReader) => readonly object[],
): Codec<T> {
  return {
    name,
    write: (out, value) => out.varint(place(out).place(value)),
    read(from) {
      const value = table(from)[from.varint()];
      if (value === undefined) throw new BundleError('BUNDLE_CORRUPT', `${name}: no such set`);
      return value as T;
    },
  };
}

export const addressSet = placed<AddressSet>(
  'address set',
  (out) => out.addressSets,
  ({ tables }) => tables.addressSets,
);
export const portSet = placed<readonly Range[]>(
  'port set',
  (out) => out.portSets,
  ({ tables }) => tables.portSets,
);

const amount = choice<Amount>('amount', {
  number: [0, { value: zigzag }],
  variable: [1, { index: varint }],
});

const numberTest = choice<NumberTest>('number test', {
  ranges: [0, { ranges: list(range) }],
  mask: [1, { mask: varint, value: varint, negated: bool }],
});

const which = choice<Which>('which', {
  any: [0, {}],
  all: [1, {}],
  'all-or-absent': [2, {}],
  'or-absent': [3, {}],
  times: [4, { times: numberTest, from: zigzag, to: zigzag }],
  at: [5, { index: zigzag }],
  'at-or-beyond': [6, { index: zigzag }],
  count: [7, {}],
});

const byteValue = struct<ByteValue>('byte value', {
  bytes: amount,
  offset: amount,
  relative: bool,
  endian: word('endian', ['big', 'little', 'dce']),
  base: word('base', ['binary', 'hex', 'dec', 'oct', 'auto']),
  bitmask: u32,
});

const fastPattern = struct<FastPattern>('fast pattern', {
  only: bool,
  offset: varint,
  length: varint,
});

const datasetUse = struct<DatasetUse>('dataset use', {
  name: text,
  kind: text,
  options: list(pair('option', text, text)),
});

type ContentFields = Omit<ContentMatcher, 'type'>;
const content: { readonly [K in keyof ContentFields]-?: Codec<ContentFields[K]> } = {
  pattern: bytes,
  nocase: bool,
  negated: bool,
  endswith: bool,
  offset: optional(amount),
  depth: optional(amount),
  distance: optional(amount),
  within: optional(amount),
  fastPattern: optional(fastPattern),
};

const matcher = choice<Matcher>('matcher', {
  content: [1, content],
  pcre: [
    2,
    {
      pattern: text,
      options: u32,
      relative: bool,
      negated: bool,
      unlimited: bool,
      captures: list(
        struct<{ scope: string; name: string }>('capture', { scope: text, name: text }),
      ),
    },
  ],
  isdataat: [3, { at: amount, relative: bool, negated: bool }],
  bsize: [4, { test: numberTest }],
  'bsize-variable': [5, { size: amount, negated: bool }],
  absent: [6, { orElse: bool }],
  byte_test: [
    7,
    {
      value: byteValue,
      comparison: word('comparison', ['<', '>', '=', '<=', '>=', '&', '^']),
      negated: bool,
      against: amount,
    },
  ],
  byte_jump: [
    8,
    {
      value: byteValue,
      align: bool,
      from: word('jump from', ['here', 'start', 'end']),
      multiplier: varint,
      postOffset: amount,
    },
  ],
  byte_extract: [9, { value: byteValue, variable: varint, multiplier: varint, align: varint }],
  byte_math: [
    10,
    {
      value: byteValue,
      operator: word('operator', ['+', '-', '*', '/', '<<', '>>']),
      operand: amount,
      variable: varint,
    },
  ],
  base64_decode: [11, { bytes: varint, offset: varint, relative: bool }],
  entropy: [12, { bytes: varint, offset: varint, comparison: text, low: varint, high: varint }],
  dataset: [13, { operation: text, dataset: datasetUse }],
  datarep: [14, { comparison: text, value: varint, dataset: datasetUse }],
});

export const side = word('side', ['any', 'to_server', 'to_client'] as const);

export const transform = struct<Transform>('transform', {
  name: text,
  bytes,
  numbers: list(zigzag),
});

const inspection = struct<Inspection>('inspection', {
  buffer: text,
  side,
  transforms: list(transform),
  matchers: list(matcher),
});

const fieldTest = choice<FieldTest>('field test', {
  number: [1, { field: text, test: numberTest, which }],
  words: [2, { field: text, words: list(text), negated: bool, which }],
  bits: [
    3,
    {
      field: text,
      bits: varint,
      ignored: varint,
      mode: word('bits mode', ['exact', 'all', 'some']),
      negated: bool,
    },
  ],
  flag: [4, { field: text }],
});

const stateOperation = struct<StateOperation>('state operation', {
  memory: word('memory', ['flowbits', 'flowint', 'xbits', 'hostbits', 'flowvar', 'pktvar']),
  operation: text,
  names: list(text),
  subject: text,
  value: zigzag,
});

export const rate = struct<Rate>('rate', {
  type: word('rate type', [
    'limit',
    'threshold',
    'both',
    'backoff',
    'detection_filter',
    'rate_filter',
  ]),
  track: text,
  count: varint,
  seconds: varint,
  multiplier: varint,
  uniqueOn: text,
});

const tag = struct<Tag>('tag', {
  scope: word('tag scope', ['session', 'host']),
  amount: varint,
  unit: word('tag unit', ['packets', 'bytes', 'seconds']),
  side: text,
});

const flow = flags<FlowTest>('flow', [
  'toServer',
  'toClient',
  'established',
  'notEstablished',
  'stateless',
  'onlyStream',
  'noStream',
  'onlyFragments',
  'noFragments',
]);

const protocol = struct<ProtocolTest>('protocol', {
  ipVersion: u8 as Codec<ProtocolTest['ipVersion']>,
  transports: list(u8),
  application: text,
  hook: text,
  withoutIp: bool,
});

const head = struct<RuleHead>('head', {
  protocol,
  source: addressSet,
  sourcePorts: portSet,
  destination: addressSet,
  destinationPorts: portSet,
});

const prefilter = choice<Prefilter>('prefilter', {
  none: [0, {}],
  pattern: [1, { inspection: varint, matcher: varint, bytes, nocase: bool }],
});

export const rule = struct<RuleModel>('rule', {
  gid: u32,
  sid: u32,
  rev: u32,
  action: word('action', ['alert', 'pass']),
  statedAction: text,
  heads: list(head),
  transaction: bool,
  msg: text,
  classtype: text,
  category: text,
  priority: varint,
  references: list(
    struct<RuleModel['references'][number]>('reference', { system: text, id: text, url: text }),
  ),
  metadata: list(pair('metadata', text, text)),
  target: word('target', ['', 'src_ip', 'dest_ip']),
  noAlert: bool,
  flow,
  payload: flags<PayloadPlaces>('payload', ['packet', 'stream', 'datagram']),
  tests: list(fieldTest),
  conditions: list(stateOperation),
  inspections: list(inspection),
  effects: list(stateOperation),
  rate: optional(rate),
  tags: list(tag),
  variables: list(text),
  prefilter,
  cost: varint,
  origin: struct<RuleModel['origin']>('origin', { file: text, line: varint }),
});
