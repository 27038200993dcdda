/** Why a bundle is not taken: by code, never by message text. docs/errors.md lists them. */

export const BUNDLE_FAULTS = {
  BUNDLE_MAGIC: 'the file is no netmoth bundle',
  BUNDLE_VERSION: 'the bundle is of a format this program does not read',
  BUNDLE_ENGINE: 'the bundle asks for a newer engine',
  BUNDLE_TRUNCATED: 'the bundle is cut off',
  BUNDLE_DIGEST: 'the bundle was altered: its digest does not fit its content',
  BUNDLE_CORRUPT: 'a record of the bundle is broken',
  BUNDLE_UNSIGNED: 'the bundle carries no signature',
  BUNDLE_KEY: 'the bundle is signed by another key',
  BUNDLE_SIGNATURE: 'the signature does not fit the bundle',
} as const;

export type BundleFaultCode = keyof typeof BUNDLE_FAULTS;

export class BundleError extends Error {
  readonly code: BundleFaultCode;

  constructor(code: BundleFaultCode, detail = '') {
    super(detail === '' ? BUNDLE_FAULTS[code] : `${BUNDLE_FAULTS[code]}: ${detail}`);
    this.name = 'BundleError';
    this.code = code;
  }
}
