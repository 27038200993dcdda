/**
 * A rule as a tree: what the header says, and its options in their order with typed values.
 *
 * Invariant: printing a rule and reading it again yields the same tree (offsets aside).
 */

export type Direction = '->' | '<>' | '=>';

/** Addresses and ports alike: `any`, one item, a variable, a group, each possibly negated. */
export type Endpoint =
  | { readonly type: 'any'; readonly negated: boolean }
  | { readonly type: 'item'; readonly negated: boolean; readonly text: string }
  | { readonly type: 'variable'; readonly negated: boolean; readonly name: string }
  | { readonly type: 'group'; readonly negated: boolean; readonly members: readonly Endpoint[] };

export interface RuleHeader {
  readonly action: string;
  readonly protocol: string;
  /** `request_complete` of `http1:request_complete`. */
  readonly hook: string | undefined;
  readonly source: Endpoint;
  readonly sourcePort: Endpoint;
  readonly direction: Direction;
  readonly destination: Endpoint;
  readonly destinationPort: Endpoint;
}

export type FieldValue = number | string | true;

export type OptionValue =
  | { readonly type: 'flag' }
  | { readonly type: 'text'; readonly text: string; readonly negated: boolean }
  | { readonly type: 'content'; readonly bytes: readonly number[]; readonly negated: boolean }
  | {
      readonly type: 'pcre';
      readonly pattern: string;
      readonly flags: string;
      readonly negated: boolean;
    }
  | {
      readonly type: 'number';
      readonly operator: NumberOperator;
      readonly low: number;
      /** End of a range, mask of `&MASK=LOW`; undefined for the other operators. */
      readonly high: number | undefined;
      /** What follows a comma, e.g. `raw` of urilen. */
      readonly suffix: string | undefined;
    }
  | { readonly type: 'words'; readonly words: readonly string[] }
  | {
      readonly type: 'fields';
      readonly positional: readonly FieldValue[];
      readonly named: Readonly<Record<string, FieldValue>>;
    };

export type NumberOperator =
  | '='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | 'range'
  | 'outside'
  | '&='
  | '&!=';

export interface RuleOption {
  /** The name in the keyword table: aliases are resolved. */
  readonly keyword: string;
  readonly value: OptionValue;
  /** Of the keyword in the rule's joined text. */
  readonly offset: number;
}

export interface Rule {
  readonly file: string;
  readonly line: number;
  readonly header: RuleHeader;
  readonly options: readonly RuleOption[];
  readonly gid: number;
  readonly sid: number;
  readonly rev: number;
  readonly msg: string;
}
