/**
 * What can be wrong with a rule, by code, and where it stands.
 *
 * Invariant: an error keeps its rule out of the set, a warning never does; nobody matches message text.
 */

export const RULE_FAULTS = {
  RULE_SYNTAX: 'error',
  RULE_TOO_LONG: 'error',
  RULE_TOO_MANY: 'error',
  RULE_ACTION: 'error',
  RULE_ACTION_PASSIVE: 'warning',
  RULE_PROTOCOL: 'error',
  RULE_ADDRESS: 'error',
  RULE_PORT: 'error',
  RULE_DIRECTION: 'error',
  RULE_VARIABLE_UNKNOWN: 'error',
  RULE_KEYWORD_UNKNOWN: 'error',
  RULE_KEYWORD_REFUSED: 'error',
  RULE_KEYWORD_REPEATED: 'error',
  RULE_ARGUMENT: 'error',
  RULE_SID_MISSING: 'error',
  RULE_SID_DUPLICATE: 'error',
  RULE_SID_REPLACED: 'warning',
  RULE_MSG_MISSING: 'warning',
  RULE_CLASSTYPE_UNKNOWN: 'warning',
  RULE_CONTENT_MISSING: 'error',
  RULE_RELATIVE_FIRST: 'warning',
  RULE_RANGE_CONTRADICTION: 'error',
  RULE_BUFFER_PROTOCOL: 'error',
  RULE_BUFFER_UNUSED: 'warning',
  RULE_SIDE_CONFLICT: 'warning',
  RULE_BYTE_VARIABLE_UNKNOWN: 'error',
  RULE_PCRE_BACKTRACKING: 'warning',
  RULE_REQUIRES: 'warning',
  RULE_DATASET: 'error',
  RULE_DATASET_VALUE: 'error',
  RULE_DATASET_SAVE: 'warning',
  CONFIG_LINE: 'error',
  LIST_FORMAT: 'error',
  LIST_ENTRY: 'error',
  LIST_TOO_BROAD: 'error',
  LIST_TOO_MANY: 'error',
} as const;

export type FaultCode = keyof typeof RULE_FAULTS;
export type Severity = (typeof RULE_FAULTS)[FaultCode];

export interface Fault {
  readonly file: string;
  /** Both count from 1; the column in UTF-16 units. */
  readonly line: number;
  readonly column: number;
  readonly code: FaultCode;
  readonly severity: Severity;
  readonly message: string;
}

/** A fault inside one rule, by its offset in the rule's joined text. */
export interface LocalFault {
  readonly offset: number;
  readonly code: FaultCode;
  readonly message: string;
}

const MAX_SHOWN = 60;

/** A piece of the rule fit for a message: short, without control characters. */
export function shown(text: string): string {
  const clean = text.slice(0, MAX_SHOWN).replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
  return text.length > MAX_SHOWN ? `"${clean}…"` : `"${clean}"`;
}

export function faultText(fault: Fault): string {
  return `${fault.file}:${fault.line}:${fault.column} ${fault.code} ${fault.message}`;
}
