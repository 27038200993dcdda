/**
 * One process per spool directory.
 *
 * Invariant: the lock is a Unix socket in Linux' abstract namespace named after the directory's device
 * and inode, so the kernel takes it back when its holder dies however it dies; there is no stale lock.
 */
import { stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { NetmothError } from '#contracts/errors.ts';

export interface SpoolLock {
  release(): Promise<void>;
}

export async function lockDirectory(path: string): Promise<SpoolLock> {
  const { dev, ino } = await stat(path);
  const server = createServer((socket) => socket.destroy());
  await listen(server, `\0netmoth-spool-${dev}-${ino}`).catch((cause: unknown) => {
    throw new NetmothError(
      'NM_DATA_DIR_LOCKED',
      `The spool ${path} is in use by another sensor: stop it or give this one its own --spool-dir.`,
      { cause, retryable: true },
    );
  });
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
