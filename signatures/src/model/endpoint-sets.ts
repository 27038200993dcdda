/**
 * Addresses and ports of a rule's header as sets: variables, groups and negations resolved.
 *
 * Source: Suricata 8 user guide, "Rules Format": in a group, what is negated is taken from what is not;
 * a group of negations alone is everything but them. Invariant: the same header text and variables
 * give the same object, so that sets are shared and compared by identity.
 */
import { isIP } from 'node:net';
import { parseEndpoint, type Variables } from '../endpoint.ts';
import { printEndpoint } from '../print.ts';
import type { Endpoint } from '../rule.ts';
import { type BigRange, complement, normalized, without } from './ranges.ts';
import type { AddressSet, Range } from './rule-model.ts';

const MAX_V4 = (1n << 32n) - 1n;
const MAX_V6 = (1n << 128n) - 1n;
const MAX_PORT = 65_535n;

/** Ranges of each universe: IPv4 and IPv6, or ports alone. */
type Universes = readonly (readonly BigRange[])[];
type Item = (text: string) => Universes;

export class EndpointSets {
  readonly #variables: Variables;
  readonly #addresses = new Map<string, AddressSet>();
  readonly #ports = new Map<string, readonly Range[]>();
  /** Values of variables, resolved once each: variables of variables must not multiply. */
  readonly #values = new Map<string, Universes>();

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  addresses(endpoint: Endpoint): AddressSet {
    const key = printEndpoint(endpoint);
    const known = this.#addresses.get(key);
    if (known !== undefined) return known;
    const [v4 = [], v6 = []] = this.#resolve(endpoint, addressItem, [MAX_V4, MAX_V6], 'address');
    const set = {
      v4: v4.map(numbers),
      v6: v6.map(({ low, high }) => ({ low: v6Bytes(low), high: v6Bytes(high) })),
    };
    this.#addresses.set(key, set);
    return set;
  }

  ports(endpoint: Endpoint): readonly Range[] {
    const key = printEndpoint(endpoint);
    const known = this.#ports.get(key);
    if (known !== undefined) return known;
    const [ports = []] = this.#resolve(endpoint, portItem, [MAX_PORT], 'port');
    const set = ports.map(numbers);
    this.#ports.set(key, set);
    return set;
  }

  /** Depth is bounded: parsing refused deeper groups and circles of variables. */
  #resolve(
    endpoint: Endpoint,
    item: Item,
    maxima: readonly bigint[],
    kind: 'address' | 'port',
  ): Universes {
    const negate = (sets: Universes): Universes =>
      endpoint.negated ? sets.map((set, i) => complement(set, maxima[i] ?? 0n)) : sets;
    switch (endpoint.type) {
      case 'any':
        return maxima.map((high) => [{ low: 0n, high }]);
      case 'item':
        return negate(item(endpoint.text));
      case 'variable':
        return negate(this.#valueOf(endpoint.name, item, maxima, kind));
      case 'group': {
        const positive = endpoint.members.filter(({ negated }) => !negated);
        const negative = endpoint.members.filter(({ negated }) => negated);
        const all = maxima.map((high): BigRange[] => [{ low: 0n, high }]);
        const sum = (members: readonly Endpoint[]) => {
          const sets = members.map((member) => this.#resolve(member, item, maxima, kind));
          return maxima.map((_, i) => normalized(sets.flatMap((set) => set[i] ?? [])));
        };
        const base = positive.length === 0 ? all : sum(positive);
        const taken = sum(negative.map((member) => ({ ...member, negated: false })));
        return negate(base.map((set, i) => without(set, taken[i] ?? [], maxima[i] ?? 0n)));
      }
    }
  }

  #valueOf(
    name: string,
    item: Item,
    maxima: readonly bigint[],
    kind: 'address' | 'port',
  ): Universes {
    const key = `${kind} ${name}`;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const value = parseEndpoint(this.#variables.get(name) ?? '', 0, {
      kind,
      variables: this.#variables,
      report: () => undefined,
    });
    const sets = value === undefined ? [] : this.#resolve(value, item, maxima, kind);
    this.#values.set(key, sets);
    return sets;
  }
}

function numbers({ low, high }: BigRange): Range {
  return { low: Number(low), high: Number(high) };
}

function v6Bytes(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(32, '0'), 'hex'));
}

const portItem: Item = (text) => {
  const [first = '', second] = text.split(':').map((part) => part.trim());
  if (second === undefined) return [[{ low: BigInt(first), high: BigInt(first) }]];
  return [[{ low: BigInt(first || 0), high: second === '' ? MAX_PORT : BigInt(second) }]];
};

const addressItem: Item = (text) => {
  const slash = text.indexOf('/');
  const dash = text.indexOf('-');
  const head = slash !== -1 ? text.slice(0, slash) : dash !== -1 ? text.slice(0, dash) : text;
  const tail = slash !== -1 ? text.slice(slash + 1) : text.slice(dash + 1);
  const family = isIP(head.trim());
  const base = addressValue(head.trim());
  const bits = family === 4 ? 32n : 128n;
  let range: BigRange = { low: base, high: base };
  if (slash !== -1) {
    const prefix = isIP(tail) === 4 ? maskBits(addressValue(tail)) : BigInt(tail);
    const size = bits - prefix;
    range = { low: (base >> size) << size, high: base | ((1n << size) - 1n) };
  } else if (dash !== -1) {
    range = { low: base, high: addressValue(tail.trim()) };
  }
  return family === 4 ? [[range], []] : [[], [range]];
};

function maskBits(mask: bigint): bigint {
  return BigInt(mask.toString(2).replace(/0+$/, '').length);
}

/** The number an address stands for; IPv6 with `::` and with an IPv4 tail. */
export function addressValue(text: string): bigint {
  if (isIP(text) !== 6) {
    return text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  }
  const bare = text.replace(/%.*$/, '');
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(bare);
  const tail = dotted === null ? undefined : addressValue(dotted[0]);
  const plain =
    dotted === null || tail === undefined
      ? bare
      : `${bare.slice(0, dotted.index)}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  const [before = '', after] = plain.split('::');
  const left = before === '' ? [] : before.split(':');
  const right = after === undefined || after === '' ? [] : after.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const groups = after === undefined ? left : [...left, ...zeros, ...right];
  return groups.reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}
