/**
 * supervisor.json: what `netmoth up` knows of its parts, for the manager's /readyz and `netmoth status`.
 *
 * Invariant: readers see a whole file or none; a write that fails (full disk) costs freshness only.
 */
import { rmSync } from 'node:fs';
import type { PartHealth, SupervisorState } from '#contracts/rest.ts';
import { writeSecretly } from '../data-dir.ts';

export class StateFile {
  readonly #path: string;
  readonly #url: string;

  constructor(path: string, url: string) {
    this.#path = path;
    this.#url = url;
  }

  write(parts: readonly PartHealth[]): void {
    const state: SupervisorState = {
      pid: process.pid,
      updatedAt: new Date().toISOString(),
      url: this.#url,
      parts: [...parts],
    };
    try {
      writeSecretly(this.#path, `${JSON.stringify(state, null, 2)}\n`);
    } catch (error) {
      process.stderr.write(`netmoth up: ${this.#path} cannot be written: ${String(error)}\n`);
    }
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
