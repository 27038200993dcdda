/** Why a bundle is not taken: by reason (contracts/src/bundle-faults.ts), never by message text. */
import { BUNDLE_FAULTS, type BundleFaultReason } from '#contracts/bundle-faults.ts';

export type BundleFaultCode = BundleFaultReason;

export class BundleError extends Error {
  readonly code: BundleFaultCode;

  constructor(code: BundleFaultCode, detail = '') {
    super(detail === '' ? BUNDLE_FAULTS[code] : `${BUNDLE_FAULTS[code]}: ${detail}`);
    this.name = 'BundleError';
    this.code = code;
  }
}
