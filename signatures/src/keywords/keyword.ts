/**
 * What the keyword table says of one keyword.
 *
 * Invariant: everything that differs from keyword to keyword stands in its row; the parser knows names
 * only where options refer to each other.
 */
import type { Grammar } from '../grammar.ts';
import type { Resolve } from '../model/resolve.ts';

export type KeywordKind =
  | 'meta'
  /** Looks for something in the buffer at hand. */
  | 'match'
  /** Changes the content before it. */
  | 'modifier'
  /** Selects the buffer of what follows. */
  | 'buffer'
  /** Old form: moves the content before it to a buffer. */
  | 'legacy-buffer'
  /** Changes the selected buffer before it is matched. */
  | 'transform'
  /** A test on packet headers, on a field of a protocol, or on state kept between packets. */
  | 'packet'
  | 'field'
  | 'state';

export interface Keyword {
  readonly name: string;
  readonly kind: KeywordKind;
  readonly grammar: Grammar;
  readonly aliases?: readonly string[];
  /** Application protocols that have this; absent: any. */
  readonly protocols?: readonly string[];
  /** The buffer a legacy form selects. */
  readonly buffer?: string;
  /** Filled several times a transaction: each use of the keyword begins a new one. */
  readonly multi?: boolean;
  /** The side whose data fill the buffer; absent: both. */
  readonly side?: 'to_server' | 'to_client';
  /** May stand once in a rule. */
  readonly once?: boolean;
  /** What it means; absent: what its kind says (a buffer is selected, a field is compared). */
  readonly resolve?: Resolve;
  /** Why it is not taken. */
  readonly refused?: string;
}
