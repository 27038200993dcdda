/**
 * Keeps what is known of addresses fresh: looks for changed databases, and forgets all answers after a day.
 *
 * Invariant: a fault of a file is told once, not at each look.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { AddressBook } from './address-book.ts';
import type { GeoFile } from './geo-file.ts';

const kLookEveryMs = 30_000;
const kForgetAfterMs = 24 * 3_600_000;

export interface GeoKeeperOptions {
  readonly files: readonly GeoFile[];
  readonly addresses: AddressBook;
  readonly log: Logger;
  readonly clock: () => number;
}

export async function keepGeo(options: GeoKeeperOptions, signal: AbortSignal): Promise<void> {
  const { addresses, clock } = options;
  let forgottenMs = clock();
  while (!signal.aborted) {
    await sleep(kLookEveryMs, undefined, { signal }).catch(() => undefined);
    const changed = await lookForChanges(options);
    const now = clock();
    // A clock that was set back counts as well: nothing stays for ever.
    if (changed || Math.abs(now - forgottenMs) >= kForgetAfterMs) {
      addresses.forget();
      forgottenMs = now;
    }
  }
}

export async function lookForChanges({ files, log }: GeoKeeperOptions): Promise<boolean> {
  let changed = false;
  for (const file of files) {
    const before = file.trouble;
    if (await file.refresh()) {
      changed = true;
      log.info({ file: file.path }, 'database of addresses loaded anew');
    } else if (file.trouble !== undefined && file.trouble !== before) {
      const { path, trouble } = file;
      log.error({ file: path, trouble }, 'a changed database of addresses cannot be read');
    }
  }
  return changed;
}
