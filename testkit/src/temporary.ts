// Temporary directories of tests. Invariant: what a test process made is gone when it ends, even when
// the test forgot it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryDirectory extends Disposable {
  readonly path: string;
  remove(): void;
}

export function temporaryDirectory(name = 'netmoth-test'): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), `${name}-`));
  const remove = (): void => {
    process.removeListener('exit', remove);
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once('exit', remove);
  return { path, remove, [Symbol.dispose]: remove };
}
