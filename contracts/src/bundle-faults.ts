/**
 * Why a bundle of signatures is not taken: by reason, never by message text. docs/errors.md lists them.
 *
 * Invariant: every reason belongs to one of the error codes below, which says who has to do something.
 */
import { type ErrorCode, NetmothError } from './errors.ts';

export const BUNDLE_FAULTS = {
  BUNDLE_MAGIC: 'the file is no netmoth bundle',
  BUNDLE_VERSION:
    'the bundle is of a format this program does not read: compile it anew with this version',
  BUNDLE_ENGINE:
    'the bundle asks for a newer engine: update the sensor, or compile it anew with this version',
  BUNDLE_TRUNCATED: 'the bundle is cut off',
  BUNDLE_DIGEST: 'the bundle was altered: its digest does not fit its content',
  BUNDLE_CORRUPT: 'a record of the bundle is broken',
  BUNDLE_TOO_LARGE: 'the bundle is larger than any that is taken',
  BUNDLE_OTHER: 'the bundle is not the one that was asked for',
  BUNDLE_MEMORY: 'there is no memory to load the bundle',
  BUNDLE_UNSIGNED: 'the bundle carries no signature',
  BUNDLE_KEY: 'the bundle is signed by another key',
  BUNDLE_SIGNATURE: 'the signature does not fit the bundle',
  BUNDLE_MISSING: 'the object store has no such bundle',
  BUNDLE_FETCH: 'the bundle could not be fetched',
  BUNDLE_UNREADABLE: 'the file of the bundle cannot be read',
} as const;

export type BundleFaultReason = keyof typeof BUNDLE_FAULTS;
export const BUNDLE_FAULT_REASONS = Object.keys(BUNDLE_FAULTS) as BundleFaultReason[];

/** The codes with which a bundle may be refused. */
export const BUNDLE_ERROR_CODES = [
  'NM_BUNDLE_INVALID',
  'NM_BUNDLE_UNTRUSTED',
  'NM_BUNDLE_UNAVAILABLE',
] as const satisfies readonly ErrorCode[];
export type BundleErrorCode = (typeof BUNDLE_ERROR_CODES)[number];

const OTHER_CODES: Partial<Record<BundleFaultReason, BundleErrorCode>> = {
  BUNDLE_UNSIGNED: 'NM_BUNDLE_UNTRUSTED',
  BUNDLE_KEY: 'NM_BUNDLE_UNTRUSTED',
  BUNDLE_SIGNATURE: 'NM_BUNDLE_UNTRUSTED',
  BUNDLE_MISSING: 'NM_BUNDLE_UNAVAILABLE',
  BUNDLE_FETCH: 'NM_BUNDLE_UNAVAILABLE',
  BUNDLE_UNREADABLE: 'NM_BUNDLE_UNAVAILABLE',
};

export function bundleErrorCode(reason: BundleFaultReason): BundleErrorCode {
  return OTHER_CODES[reason] ?? 'NM_BUNDLE_INVALID';
}

/** The text as a reason, where it is one. */
export function bundleFaultReason(text: string): BundleFaultReason | undefined {
  return Object.hasOwn(BUNDLE_FAULTS, text) ? (text as BundleFaultReason) : undefined;
}

export class BundleRefused extends NetmothError {
  readonly reason: BundleFaultReason;

  constructor(reason: BundleFaultReason, detail = '', options: { cause?: unknown } = {}) {
    const code = bundleErrorCode(reason);
    const where = detail === '' ? '' : ` (${detail})`;
    super(code, `${BUNDLE_FAULTS[reason]}${where} [${reason}]`, {
      ...options,
      retryable: code === 'NM_BUNDLE_UNAVAILABLE',
    });
    this.name = 'BundleRefused';
    this.reason = reason;
  }
}
