/**
 * A rule with nothing textual left to interpret: what the engine matches, in numbers, bytes and sets.
 *
 * Invariants: plain data, equal for equal rules; every range is closed; names (of buffers, fields,
 * events, flowbits) stay names, and whoever loads a rule refuses those it does not know.
 */

/** A number of a rule, or the byte variable (by its index in the rule) that holds it at match time. */
export type Amount =
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'variable'; readonly index: number };

/** Closed: `low` to `high`. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Sorted, neither touching nor overlapping; IPv6 addresses as 16 bytes. */
export interface AddressSet {
  readonly v4: readonly Range[];
  readonly v6: readonly { readonly low: Uint8Array; readonly high: Uint8Array }[];
}

export type NumberTest =
  /** In one of the ranges; `open` as an end means no bound. */
  | { readonly type: 'ranges'; readonly ranges: readonly Range[] }
  | {
      readonly type: 'mask';
      readonly mask: number;
      readonly value: number;
      readonly negated: boolean;
    };

/** Of several values of one transaction: which must pass the test. */
export type Which =
  | { readonly type: 'any' }
  | { readonly type: 'all' }
  | { readonly type: 'all-or-absent' }
  | { readonly type: 'or-absent' }
  /** How many pass, perhaps of a slice alone (negative: from the end). */
  | {
      readonly type: 'times';
      readonly times: NumberTest;
      readonly from: number;
      readonly to: number;
    }
  | { readonly type: 'at'; readonly index: number }
  | { readonly type: 'at-or-beyond'; readonly index: number }
  /** Not the values: how many there are. */
  | { readonly type: 'count' };

export type Endian = 'big' | 'little' | 'dce';
export type Base = 'binary' | 'hex' | 'dec' | 'oct' | 'auto';
export type Comparison = '<' | '>' | '=' | '<=' | '>=' | '&' | '^';

/** How bytes become a number: shared by byte_test, byte_jump, byte_extract and byte_math. */
export interface ByteValue {
  readonly bytes: Amount;
  readonly offset: Amount;
  readonly relative: boolean;
  readonly endian: Endian;
  readonly base: Base;
  /** 0: none. Where set, the result is shifted right by its trailing zeros. */
  readonly bitmask: number;
}

export interface FastPattern {
  /** The pattern is its own inspection: nothing more of the content is tested. */
  readonly only: boolean;
  /** Part of the content that is looked for; length 0: the whole. */
  readonly offset: number;
  readonly length: number;
}

export interface ContentMatcher {
  readonly type: 'content';
  readonly pattern: Uint8Array;
  readonly nocase: boolean;
  readonly negated: boolean;
  readonly endswith: boolean;
  /** Absolute: from the start of the buffer. */
  readonly offset: Amount | undefined;
  readonly depth: Amount | undefined;
  /** Relative: from the end of the match before. */
  readonly distance: Amount | undefined;
  readonly within: Amount | undefined;
  /** Asked for by the rule. */
  readonly fastPattern: FastPattern | undefined;
}

export interface PcreMatcher {
  readonly type: 'pcre';
  readonly pattern: string;
  /** PCRE2 compile options (pcre2.h). */
  readonly options: number;
  readonly relative: boolean;
  readonly negated: boolean;
  /** `O`: without the engine's match limit. */
  readonly unlimited: boolean;
  readonly captures: readonly { readonly scope: string; readonly name: string }[];
}

export type Matcher =
  | ContentMatcher
  | PcreMatcher
  | {
      readonly type: 'isdataat';
      readonly at: Amount;
      readonly relative: boolean;
      readonly negated: boolean;
    }
  | { readonly type: 'bsize'; readonly test: NumberTest }
  | { readonly type: 'bsize-variable'; readonly size: Amount; readonly negated: boolean }
  | { readonly type: 'absent'; readonly orElse: boolean }
  | {
      readonly type: 'byte_test';
      readonly value: ByteValue;
      readonly comparison: Comparison;
      readonly negated: boolean;
      readonly against: Amount;
    }
  | {
      readonly type: 'byte_jump';
      readonly value: ByteValue;
      readonly align: boolean;
      readonly from: 'here' | 'start' | 'end';
      readonly multiplier: number;
      readonly postOffset: Amount;
    }
  | {
      readonly type: 'byte_extract';
      readonly value: ByteValue;
      readonly variable: number;
      readonly multiplier: number;
      /** 0, 2 or 4. */
      readonly align: number;
    }
  | {
      readonly type: 'byte_math';
      readonly value: ByteValue;
      readonly operator: '+' | '-' | '*' | '/' | '<<' | '>>';
      readonly operand: Amount;
      readonly variable: number;
    }
  | {
      readonly type: 'base64_decode';
      readonly bytes: number;
      readonly offset: number;
      readonly relative: boolean;
    }
  | {
      readonly type: 'entropy';
      readonly bytes: number;
      readonly offset: number;
      readonly comparison: string;
      /** Bits a byte, times a million. */
      readonly low: number;
      readonly high: number;
    }
  | { readonly type: 'dataset'; readonly operation: string; readonly dataset: DatasetUse }
  | {
      readonly type: 'datarep';
      readonly comparison: string;
      readonly value: number;
      readonly dataset: DatasetUse;
    };

export interface DatasetUse {
  readonly name: string;
  readonly kind: string;
  readonly options: readonly (readonly [string, string])[];
}

export interface Transform {
  readonly name: string;
  /** xor: the key; pcrexform: the pattern. */
  readonly bytes: Uint8Array;
  /** In the order of docs/bundle.md, e.g. offset and length of from_base64. */
  readonly numbers: readonly number[];
}

/** Matchers that look into one instance of one buffer, after its transforms, in the rule's order. */
export interface Inspection {
  readonly buffer: string;
  readonly side: 'any' | 'to_server' | 'to_client';
  readonly transforms: readonly Transform[];
  readonly matchers: readonly Matcher[];
}

/** A test on a header field, a field of a transaction, the flow, or an event. */
export type FieldTest =
  | {
      readonly type: 'number';
      readonly field: string;
      readonly test: NumberTest;
      readonly which: Which;
    }
  /** The field is (not) one of these words: protocols, events, versions, states, enumerations. */
  | {
      readonly type: 'words';
      readonly field: string;
      readonly words: readonly string[];
      readonly negated: boolean;
      readonly which: Which;
    }
  /** Bits of a header: TCP flags, fragment bits. */
  | {
      readonly type: 'bits';
      readonly field: string;
      readonly bits: number;
      /** Bits not looked at. */
      readonly ignored: number;
      /** `all`: these and perhaps more (+), `some`: any of them (*), `exact`: these and no more. */
      readonly mode: 'exact' | 'all' | 'some';
      readonly negated: boolean;
    }
  | { readonly type: 'flag'; readonly field: string };

/** What a rule remembers or asks of memory. */
export interface StateOperation {
  readonly memory: 'flowbits' | 'flowint' | 'xbits' | 'hostbits' | 'flowvar' | 'pktvar';
  readonly operation: string;
  /** Any of them, for isset and isnotset. */
  readonly names: readonly string[];
  /** xbits and hostbits: ip_src, ip_dst, ip_pair, src, dst, both; flowint: a variable on the right. */
  readonly subject: string;
  /** flowint: the number on the right; xbits: seconds until it expires. */
  readonly value: number;
}

export interface Rate {
  readonly type: 'limit' | 'threshold' | 'both' | 'backoff' | 'detection_filter' | 'rate_filter';
  readonly track: string;
  readonly count: number;
  readonly seconds: number;
  readonly multiplier: number;
  /** detection_filter: count distinct values of this. */
  readonly uniqueOn: string;
}

export interface Tag {
  readonly scope: 'session' | 'host';
  readonly amount: number;
  readonly unit: 'packets' | 'bytes' | 'seconds';
  readonly side: string;
}

export interface FlowTest {
  readonly toServer: boolean;
  readonly toClient: boolean;
  readonly established: boolean;
  readonly notEstablished: boolean;
  readonly stateless: boolean;
  readonly onlyStream: boolean;
  readonly noStream: boolean;
  readonly onlyFragments: boolean;
  readonly noFragments: boolean;
}

/** Which packets and transactions a rule is for. */
export interface ProtocolTest {
  /** 0: either. */
  readonly ipVersion: 0 | 4 | 6;
  /** IP protocol numbers; empty: any. */
  readonly transports: readonly number[];
  /** '' for rules on packets. */
  readonly application: string;
  readonly hook: string;
  /** Packets without IP layer too (pkthdr, ether, arp). */
  readonly withoutIp: boolean;
}

/** Where contents without a buffer look. */
export interface PayloadPlaces {
  /** Single TCP packets. */
  readonly packet: boolean;
  /** A side's reassembled TCP stream. */
  readonly stream: boolean;
  /** Single packets of everything but TCP. */
  readonly datagram: boolean;
}

export interface RuleHead {
  readonly protocol: ProtocolTest;
  readonly source: AddressSet;
  readonly sourcePorts: readonly Range[];
  readonly destination: AddressSet;
  readonly destinationPorts: readonly Range[];
}

export interface RuleModel {
  readonly gid: number;
  readonly sid: number;
  readonly rev: number;
  readonly action: 'alert' | 'pass';
  /** As written: a passive engine reads drop and reject as alert. */
  readonly statedAction: string;
  /** One, or two where the rule is for both directions and they differ. */
  readonly heads: readonly RuleHead[];
  /** Over a whole transaction (`=>`). */
  readonly transaction: boolean;
  readonly msg: string;
  readonly classtype: string;
  readonly category: string;
  readonly priority: number;
  readonly references: readonly {
    readonly system: string;
    readonly id: string;
    readonly url: string;
  }[];
  readonly metadata: readonly (readonly [string, string])[];
  readonly target: '' | 'src_ip' | 'dest_ip';
  readonly noAlert: boolean;
  readonly flow: FlowTest;
  readonly payload: PayloadPlaces;
  readonly tests: readonly FieldTest[];
  /** Asked before a match. */
  readonly conditions: readonly StateOperation[];
  readonly inspections: readonly Inspection[];
  /** Done after a match. */
  readonly effects: readonly StateOperation[];
  readonly rate: Rate | undefined;
  readonly tags: readonly Tag[];
  /** Names of byte variables, by index. */
  readonly variables: readonly string[];
  readonly prefilter: Prefilter;
  /** Rough work a packet or buffer of its group costs, in tenths of a content search. */
  readonly cost: number;
  readonly origin: { readonly file: string; readonly line: number };
}

export type Prefilter =
  | {
      readonly type: 'pattern';
      /** Place in `inspections` and its `matchers`. */
      readonly inspection: number;
      readonly matcher: number;
      readonly bytes: Uint8Array;
      readonly nocase: boolean;
    }
  /** Nothing to look for first: tested on every packet or transaction of its group. */
  | { readonly type: 'none' };

/** Ends a range that has no upper bound. */
export const OPEN_END = Number.MAX_SAFE_INTEGER;
