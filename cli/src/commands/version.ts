/** `netmoth version`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Version in package.json: the one place where it is written. */
export function packageVersion(): string {
  const path = join(import.meta.dirname, '../../../package.json');
  const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? manifest.version
      : undefined;
  return typeof version === 'string' ? version : 'unknown';
}

export async function printVersion(): Promise<void> {
  const { EVENT_SCHEMA_VERSION } = await import('#contracts/eve.ts');
  process.stdout.write(
    `netmoth ${packageVersion()}, event schema ${EVENT_SCHEMA_VERSION}, Node ${process.version}\n`,
  );
}
