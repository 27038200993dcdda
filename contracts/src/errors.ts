/**
 * Every error a user can meet, by code. docs/errors.md must list each one (a test compares).
 *
 * Invariant: nobody matches message text; a NetmothError's message is one line that says what, where
 * and what to do.
 */

/** code → exit status of the program and one sentence of meaning. */
export const ERROR_CODES = {
  NM_USAGE: { exit: 64, meaning: 'The command line is wrong.' },
  NM_CONFIG_INVALID: { exit: 78, meaning: 'A configuration value or key is wrong.' },
  NM_CAPTURE_FILE_UNREADABLE: { exit: 2, meaning: 'The capture file cannot be opened.' },
  NM_CAPTURE_FILE_FORMAT: { exit: 2, meaning: 'The file is no pcap or pcapng capture.' },
  NM_CAPTURE_FILE_TRUNCATED: { exit: 2, meaning: 'The capture file is cut off or broken.' },
  NM_CAPTURE_LINK_TYPE: { exit: 2, meaning: 'The capture has a link type nothing here decodes.' },
  NM_CAPTURE_NO_INTERFACE: { exit: 69, meaning: 'The network interface does not exist.' },
  NM_CAPTURE_NO_PRIVILEGE: { exit: 77, meaning: 'A capability needed to capture is missing.' },
  NM_CAPTURE_FILTER: { exit: 78, meaning: 'The BPF filter does not compile.' },
  NM_CAPTURE_FAILED: { exit: 74, meaning: 'The kernel refused or ended the capture.' },
  NM_OUTPUT_WRITE: {
    exit: 74,
    meaning: 'Output cannot be written, e.g. because the disk is full.',
  },
  NM_BUNDLE_INVALID: { exit: 65, meaning: 'A compiled bundle of signatures cannot be loaded.' },
  NM_BUNDLE_UNTRUSTED: {
    exit: 77,
    meaning: 'A bundle is not signed by a key that is trusted here.',
  },
  NM_BUNDLE_UNAVAILABLE: { exit: 66, meaning: 'A bundle of signatures cannot be had.' },
  NM_RULES_UNCOMPILED: { exit: 65, meaning: 'Rules could not be compiled.' },
  NM_PORT_IN_USE: { exit: 69, meaning: 'Another program listens on the address already.' },
  NM_DATA_DIR_NEWER: { exit: 78, meaning: 'The data directory was written by a newer version.' },
  NM_DATA_DIR_LOCKED: { exit: 75, meaning: 'Another netmoth uses the data directory.' },
  NM_DATA_DIR_UNUSABLE: { exit: 73, meaning: 'The data directory cannot be created or written.' },
  NM_SETUP_MISSING: { exit: 72, meaning: 'The set-up has not been run.' },
  NM_BUS_UNAVAILABLE: { exit: 75, meaning: 'NATS cannot be reached.' },
  NM_STORE_UNAVAILABLE: { exit: 75, meaning: 'PostgreSQL cannot be reached.' },
  NM_STORE_NEWER: { exit: 78, meaning: 'The database schema is of a newer version.' },
  NM_BATCH_INVALID: { exit: 65, meaning: 'A batch of events could not be read.' },
  NM_API_UNREACHABLE: { exit: 69, meaning: 'The manager cannot be reached.' },
  NM_UNAUTHENTICATED: { exit: 77, meaning: 'Log in first, or the token is wrong.' },
  NM_FORBIDDEN: { exit: 77, meaning: 'The account may not do this.' },
  NM_RATE_LIMITED: { exit: 75, meaning: 'Too many requests; try again later.' },
  NM_QUERY_INVALID: { exit: 64, meaning: 'A query parameter is wrong.' },
  NM_CONFLICT: { exit: 65, meaning: 'The thing is there already, or is in use.' },
  NM_NOT_FOUND: { exit: 66, meaning: 'There is no such thing.' },
  NM_KUBE_UNAVAILABLE: { exit: 75, meaning: 'The Kubernetes API cannot be reached.' },
  NM_KUBE_REFUSED: { exit: 69, meaning: 'The Kubernetes API refused a request.' },
  NM_NOT_LEADER: { exit: 75, meaning: 'Another replica of the operator leads.' },
  NM_CHILD_FAILED: { exit: 70, meaning: 'A part of the system does not start.' },
  NM_INTERNAL: { exit: 70, meaning: 'A fault of Netmoth itself.' },
} as const satisfies Record<string, { exit: number; meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface NetmothErrorOptions {
  readonly cause?: unknown;
  /** The same call may succeed later without anybody changing anything. */
  readonly retryable?: boolean;
}

export class NetmothError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: NetmothErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'NetmothError';
    this.code = code;
    this.retryable = options.retryable ?? false;
  }

  get exitStatus(): number {
    return ERROR_CODES[this.code].exit;
  }
}
