/**
 * What an error of PostgreSQL says about who is at fault: an event, or the store.
 *
 * Invariant: only what an event's own content can cause is a data fault. Everything else is retried, so
 * that a fault of the store (a full disk, a missing right) never costs an event.
 */

/** data exception, cardinality violation, program limit exceeded (SQLSTATE classes). */
const DATA_FAULT = /^(22...|21000|54000|54001|54011)$/;
const kIntegrityViolation = /^23...$/;
const kCheckViolation = '23514';

interface DatabaseFault {
  readonly code: string;
  readonly constraint: string | undefined;
}

function faultOf(error: unknown): DatabaseFault | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') {
    return undefined;
  }
  const constraint = 'constraint' in error ? error.constraint : undefined;
  return {
    code: error.code,
    constraint: typeof constraint === 'string' ? constraint : undefined,
  };
}

/** No partition takes the row: PostgreSQL says so as a check violation that names no constraint. */
export function isMissingPartition(error: unknown): boolean {
  const fault = faultOf(error);
  return fault?.code === kCheckViolation && fault.constraint === undefined;
}

export function isDataFault(error: unknown): boolean {
  const fault = faultOf(error);
  if (fault === undefined) return false;
  if (DATA_FAULT.test(fault.code)) return true;
  return kIntegrityViolation.test(fault.code) && fault.constraint !== undefined;
}
