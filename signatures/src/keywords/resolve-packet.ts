/** What the keywords on headers and flows mean. */
import { nearest } from '#contracts/nearest.ts';
import { countryTable } from '../addresses/country-table.ts';
import { ANY_VALUE, numberTest, numberTestOf } from '../model/number-test.ts';
import { type Resolve, testField, textOf, withFields, withText } from '../model/resolve.ts';
import type { FieldTest } from '../model/rule-model.ts';
import type { OptionValue } from '../rule.ts';

/** IP protocol numbers rules name (IANA, "Protocol Numbers"). */
const IP_PROTOCOLS: Readonly<Record<string, number>> = {
  ip: 0,
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  egp: 8,
  igp: 9,
  pup: 12,
  udp: 17,
  ipv6: 41,
  rsvp: 46,
  gre: 47,
  esp: 50,
  ah: 51,
  icmp6: 58,
  icmpv6: 58,
  'ipv6-icmp': 58,
  eigrp: 88,
  ospf: 89,
  pim: 103,
  ipcomp: 108,
  vrrp: 112,
  l2tp: 115,
  sctp: 132,
  udplite: 136,
};

export const ipProto: Resolve = (builder, value, field) => {
  if (value.type === 'number') {
    testField(builder, value, field);
    return;
  }
  const name = textOf(value);
  const known = IP_PROTOCOLS[name.replace(/^!/, '').toLowerCase()];
  if (known === undefined) {
    builder.fault ??= `ip_proto: no IP protocol is called "${name}"; write its number`;
    return;
  }
  const test = numberTestOf(`${name.startsWith('!') ? '!' : ''}${known}`);
  builder.tests.push({ type: 'number', field, test, which: ANY_VALUE });
};

/** ip4 is another name of ipv4. */
export const l3Proto: Resolve = (builder, value, field) => {
  if (value.type !== 'words') return;
  const version = value.words[0]?.endsWith('6') === true ? 'ipv6' : 'ipv4';
  builder.tests.push({ type: 'words', field, words: [version], negated: false, which: ANY_VALUE });
};

export const flow: Resolve = (builder, value) => {
  if (value.type !== 'words') return;
  const said = (...names: readonly string[]) => names.some((name) => value.words.includes(name));
  builder.setFlow({
    toServer: said('to_server', 'from_client'),
    toClient: said('to_client', 'from_server'),
    established: said('established'),
    notEstablished: said('not_established'),
    stateless: said('stateless'),
    onlyStream: said('only_stream'),
    noStream: said('no_stream'),
    onlyFragments: said('only_frag'),
    noFragments: said('no_frag'),
  });
};

/** RFC 9293 section 3.1 and RFC 3168; 1 and 2 are the old names of CWR and ECE. */
const TCP_FLAGS: Readonly<Record<string, number>> = {
  F: 0x01,
  S: 0x02,
  R: 0x04,
  P: 0x08,
  A: 0x10,
  U: 0x20,
  E: 0x40,
  '2': 0x40,
  C: 0x80,
  '1': 0x80,
};
/** Of the 16 bits that hold flags and fragment offset (RFC 791 section 3.1). */
const FRAGMENT_BITS: Readonly<Record<string, number>> = { R: 0x8000, D: 0x4000, M: 0x2000 };

function bitsOf(letters: string, known: Readonly<Record<string, number>>): number {
  let bits = 0;
  for (const letter of letters.toUpperCase()) bits |= known[letter] ?? 0;
  return bits;
}

function bitsTest(
  field: string,
  known: Readonly<Record<string, number>>,
  [spec = '', ignored = '']: readonly string[],
): FieldTest {
  return {
    type: 'bits',
    field,
    bits: bitsOf(spec, known),
    ignored: bitsOf(ignored, known),
    mode: spec.includes('+') ? 'all' : spec.includes('*') ? 'some' : 'exact',
    negated: spec.includes('!'),
  };
}

export const tcpFlags: Resolve = withFields((builder, { positional }, field) => {
  builder.tests.push(bitsTest(field, TCP_FLAGS, positional.map(String)));
});

export const fragmentBits: Resolve = (builder, value, field) => {
  const spec = value.type === 'text' && value.negated ? `!${value.text}` : textOf(value);
  builder.tests.push(bitsTest(field, FRAGMENT_BITS, [spec]));
};

/** `client,<,50` tests stream_size.client; flow.pkts and flow.bytes are the same with two fields. */
export const sized: Resolve = withFields((builder, { positional }, keyword) => {
  const [side, ...comparison] = positional.map(String);
  const field = `${keyword}.${side}`;
  const test = numberTestOf(comparison.join(''));
  builder.tests.push({ type: 'number', field, test, which: ANY_VALUE });
});

const COMPARED_ID = /^([^,]+?)(?:\s*,\s*(.+))?$/;

/** vlan.id: the layer after the comma becomes part of the field, `vlan.id.any` without one. */
export const vlanId: Resolve = (builder, value) => {
  const text = value.type === 'text' && value.negated ? `!${value.text}` : textOf(value);
  const [, comparison = '', layer = 'any'] = COMPARED_ID.exec(text) ?? [];
  const test = numberTestOf(comparison.replace('<>', '-'));
  builder.tests.push({ type: 'number', field: `vlan.id.${layer}`, test, which: ANY_VALUE });
};

/** `dst,CnC,>,30`: iprep.SIDE.CATEGORY is a number from 1 to 127. */
export const ipReputation: Resolve = withFields((builder, { positional }) => {
  const [side, category, operator, value] = positional;
  const field = `iprep.${String(side)}.${String(category)}`;
  const sign = String(operator);
  const known = builder.surroundings.addresses.reputations?.categories ?? [];
  const name = String(category);
  if (known.length === 0) {
    builder.fault ??= 'iprep: no categories.txt says which categories there are';
  } else if (!known.includes(name)) {
    builder.fault ??= `iprep: categories.txt has no "${name}"${nearest(name, known)}`;
  } else if (/set$/.test(sign) !== (value === undefined)) {
    builder.fault ??= 'iprep: SIDE,CATEGORY,OPERATOR,SCORE, or SIDE,CATEGORY,isset';
  }
  if (builder.fault !== undefined) return;
  const test =
    sign === 'isset'
      ? numberTestOf('>=0')
      : sign === 'isnotset'
        ? numberTest(NEVER)
        : numberTestOf(`${sign}${String(value)}`);
  if (sign !== 'isnotset' && test.type === 'ranges' && test.ranges.length === 0)
    builder.fault ??= `iprep: no score is ${sign} ${String(value)}`;
  builder.tests.push({ type: 'number', field, test, which: ANY_VALUE });
});

const GEOIP = /^(?:(any|src|dst|both)\s*,)?(\s*!?[A-Z]{2}\s*(?:,\s*!?[A-Z]{2}\s*)*)$/;

/** `src,US,CA` or `!DE`: geoip.SIDE.COUNTRIES has the addresses of these, or of all others. */
export const geoip: Resolve = (builder, value) => {
  const text = `${value.type === 'text' && value.negated ? '!' : ''}${textOf(value).trim()}`;
  const [, side = 'any', list = ''] = GEOIP.exec(text) ?? [];
  const codes = list.split(',').map((code) => code.trim());
  const negated = codes.filter((code) => code.startsWith('!')).length;
  if (list === '')
    builder.fault ??= 'geoip: [any|src|dst|both,]CODE,…, codes as ISO 3166-1 has them';
  else if (negated !== 0 && negated !== codes.length)
    builder.fault ??= 'geoip: countries are all negated, or none is';
  else if (builder.surroundings.addresses.countries === undefined)
    builder.fault ??=
      'geoip: no database of countries was given (--geoip FILE, geoipFile of the manager)';
  if (builder.fault !== undefined) return;
  const plain = codes.map((code) => code.replace('!', ''));
  const table = countryTable(plain, negated > 0).slice('geoip.'.length);
  const field = `geoip.${side}.${table}`;
  builder.tests.push({ type: 'number', field, test: numberTestOf('>=0'), which: ANY_VALUE });
};

/** No value at all passes: the address has no reputation there. */
const NEVER: Extract<OptionValue, { type: 'number' }> = {
  type: 'number',
  operator: 'range',
  low: 0,
  high: 1,
  suffix: undefined,
};

/** An old name of decode-event. */
export const decodeEvent: Resolve = (builder, value) => testField(builder, value, 'decode-event');

/** `100000,*,3`: program, version and procedure of a call; `*` and what is left out is any. */
export const rpcCall: Resolve = withText((builder, text) => {
  const parts = text.split(',').map((part) => part.trim());
  ['program', 'version', 'procedure'].forEach((field, at) => {
    const part = parts[at] ?? '*';
    const test = numberTestOf(part === '*' ? '>=0' : part);
    builder.tests.push({ type: 'number', field: `rpc.${field}`, test, which: ANY_VALUE });
  });
});

/** `http,final`: the mode after the comma becomes part of the field, as the direction it is asked of. */
export const appLayerProtocol: Resolve = (builder, value, field) => {
  const [name = '', mode] = textOf(value)
    .split(',')
    .map((word) => word.trim());
  builder.tests.push({
    type: 'words',
    field: mode === undefined ? field : `${field}.${mode}`,
    words: [name],
    negated: value.type === 'text' && value.negated,
    which: ANY_VALUE,
  });
};
