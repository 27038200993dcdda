/**
 * Which bundle a node needs that has these revisions of these sets.
 *
 * Invariants: a combination is compiled once, whoever leads, because what it came to stands in the object
 * store; asking never waits: an answer that is not there yet is told by `onMade`. Bounded by kMaxKept.
 */
import type { Logger } from 'pino';
import { z } from 'zod';
import { bundleDigestSchema } from '#contracts/signature-store.ts';
import type { Conflict, Part } from './compile/compile-packs.ts';
import type { Compiler } from './compile/compiler.ts';
import { unpacked } from './compile/rule-pack.ts';
import type { SignatureBus } from './signature-bus.ts';
import { mergedName, type PartName, packName } from './store-names.ts';

const kMaxKept = 1_000;
/** A combination nobody has and nobody asked for goes after so long. */
const kUnusedMs = 3_600_000;
const kRetryMs = 15_000;

const mergedSchema = z.object({
  digest: bundleDigestSchema,
  conflicts: z.array(z.object({ sid: z.int(), winner: z.string(), loser: z.string() })),
  conflictCount: z.int(),
});

export interface Merged {
  readonly digest: string;
  readonly conflicts: readonly Conflict[];
  readonly conflictCount: number;
}

export interface NamedPart extends PartName {
  /** Of the set's own bundle. */
  readonly digest: string;
}

export interface BundleBookOptions {
  readonly bus: SignatureBus;
  readonly compiler: Compiler;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly onMade: () => void;
}

export class BundleBook {
  readonly #options: BundleBookOptions;
  readonly #made = new Map<string, Merged>();
  readonly #making = new Set<string>();
  readonly #askedMs = new Map<string, number>();
  /** Combinations that failed, and when they may be tried again. */
  readonly #failedUntilMs = new Map<string, number>();

  constructor(options: BundleBookOptions) {
    this.#options = options;
  }

  /** Undefined: it is being made. In the order of priority. */
  bundle(parts: readonly NamedPart[]): Merged | undefined {
    const [only] = parts;
    if (only !== undefined && parts.length === 1) {
      return { digest: only.digest, conflicts: [], conflictCount: 0 };
    }
    const name = mergedName(parts);
    this.#askedMs.set(name, this.#options.now());
    const found = this.#made.get(name);
    if (found !== undefined) return found;
    const { now } = this.#options;
    if (this.#making.has(name) || (this.#failedUntilMs.get(name) ?? 0) > now()) return undefined;
    this.#making.add(name);
    void this.#make(name, parts);
    return undefined;
  }

  /** The object store may be a new one: what it does not have is made again when it is asked for. Never rejects. */
  async recheck(): Promise<void> {
    const { log, onMade } = this.#options;
    try {
      for (const name of [...this.#made.keys()]) {
        if ((await this.#stored(name)) === undefined) this.#made.delete(name);
      }
    } catch (err) {
      log.warn({ err }, 'Merged bundles could not be looked for');
    }
    onMade();
  }

  /** Names of combinations that somebody asked for of late; what no node has and nobody asked for is forgotten. */
  inUse(isTold: (digest: string) => boolean): ReadonlySet<string> {
    const { now } = this.#options;
    for (const [name, askedMs] of this.#askedMs) {
      const made = this.#made.get(name);
      const told = made !== undefined && isTold(made.digest);
      if (told || this.#making.has(name) || now() - askedMs < kUnusedMs) continue;
      this.#askedMs.delete(name);
      this.#failedUntilMs.delete(name);
      this.#made.delete(name);
    }
    return new Set(this.#askedMs.keys());
  }

  async #make(name: string, parts: readonly NamedPart[]): Promise<void> {
    const { bus, log, now, onMade } = this.#options;
    try {
      await bus.gate.put(async () => {
        this.#keep(name, (await this.#stored(name)) ?? (await this.#compiled(name, parts)));
      });
      this.#failedUntilMs.delete(name);
    } catch (err) {
      this.#failedUntilMs.set(name, now() + kRetryMs);
      log.warn({ err, sets: parts.map(({ set }) => set) }, 'Sets could not be merged');
    }
    this.#making.delete(name);
    onMade();
  }

  async #stored(name: string): Promise<Merged | undefined> {
    const { bus } = this.#options;
    const bytes = await bus.get(name);
    if (bytes === undefined) return undefined;
    const found = mergedSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    if (!found.success || !(await bus.has(found.data.digest))) return undefined;
    return found.data;
  }

  async #compiled(name: string, parts: readonly NamedPart[]): Promise<Merged> {
    const { bus, compiler, log, signal } = this.#options;
    const packs: Part[] = [];
    for (const { set, revision } of parts) {
      const bytes = await bus.get(packName(revision));
      const pack = bytes && unpacked(bytes, revision);
      if (pack === undefined)
        throw new Error(`the rules of ${set} ${revision} are not in the store`);
      packs.push({ set, pack });
    }
    const compiled = await compiler.compile(packs, signal);
    await bus.publish(compiled.digest, compiled.bytes);
    const { digest, conflicts, conflictCount } = compiled;
    const merged = { digest, conflicts, conflictCount };
    await bus.put(name, Buffer.from(JSON.stringify(merged)));
    log.info({ digest, sets: parts.map(({ set }) => set), conflictCount }, 'Sets merged');
    return merged;
  }

  #keep(name: string, merged: Merged): void {
    this.#made.set(name, merged);
    const [oldest] = this.#made.keys();
    if (this.#made.size > kMaxKept && oldest !== undefined) this.#made.delete(oldest);
  }
}
