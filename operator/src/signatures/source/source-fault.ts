/** Why a source gives no revision. Invariant: `reason` is for programs, the message for people. */
export type SourceReason =
  | 'SourceUnavailable'
  | 'SourceForbidden'
  | 'SourceTooLarge'
  | 'WrongDigest'
  | 'WrongSignature'
  | 'NotRules'
  | 'TooManyFaults'
  | 'CompileFailed';

export class SourceFault extends Error {
  readonly reason: SourceReason;
  /** It may be gone without anybody changing the set: tried again soon. */
  readonly passing: boolean;

  constructor(reason: SourceReason, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.reason = reason;
    this.passing = reason === 'SourceUnavailable';
  }
}
