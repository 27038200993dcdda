/**
 * SignatureSet → its newest revision: the source is read, packed, compiled once, and both are put where
 * sensors and later operators find them.
 *
 * Invariants: the same source gives the same revision, which is compiled once in its life; a source that
 * gives none leaves everything as it is and says why; nothing here decides who loads it.
 */
import type { Logger } from 'pino';
import { NetmothError } from '#contracts/errors.ts';
import type { SignatureSet } from '#crds/kinds.ts';
import type { SignatureFault, SignatureRevision } from '#crds/signature-set.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { Controller, type Outcome } from '../runtime/controller.ts';
import { Informer } from '../runtime/informer.ts';
import { CONFIG_MAPS, type KubeObject } from '../runtime/resource.ts';
import type { CompiledParts } from './compile/compile-packs.ts';
import type { Compiler } from './compile/compiler.ts';
import { packedBytes, type RulePack, revisionName, rulePack } from './compile/rule-pack.ts';
import { secondsOf } from './plan/rollout.ts';
import type { SignatureBus } from './signature-bus.ts';
import type { Fetch } from './source/fetch-bytes.ts';
import { fetchSource } from './source/fetch-source.ts';
import { SourceFault } from './source/source-fault.ts';
import { packName } from './store-names.ts';

export const AUTHOR_ANNOTATION = 'netmoth.io/author';
const kWorkers = 2;
const kAwayMs = 30_000;
/** The machine may have been busy (but it costs minutes of it), and a right may be given meanwhile. */
const kSlowReasons: ReadonlySet<string> = new Set(['CompileFailed', 'SourceForbidden']);
const kSlowRetryMs = 5 * 60_000;
const kBusAwayMs = 1_000;
const kMaxReason = 1_024;

/** What the last look at a source came to. */
export interface SourceResult {
  readonly generation: number;
  readonly made?: SignatureRevision;
  readonly problem?: { readonly reason: string; readonly message: string };
  /** Undefined where the revision was compiled by an operator before this one. */
  readonly faults?: readonly SignatureFault[] | undefined;
  readonly faultCount?: number | undefined;
}

export interface RevisionMakerOptions {
  readonly client: ApiClient;
  readonly sets: Informer<SignatureSet, SignatureSet>;
  readonly bus: SignatureBus;
  readonly compiler: Compiler;
  readonly fetch: Fetch;
  readonly namespace: string;
  readonly log: Logger;
  readonly random: () => number;
  readonly wallNow: () => Date;
  readonly onResult: (set: string) => void;
}

interface Watched {
  readonly of: string;
  readonly stop: AbortController;
}

export class RevisionMaker {
  readonly controller: Controller;
  readonly #options: RevisionMakerOptions;
  readonly #results = new Map<string, SourceResult>();
  /** What an ETag stood for: only for a spec that has not changed since. */
  readonly #etags = new Map<string, { readonly generation: number; readonly etag: string }>();
  readonly #watches = new Map<string, Watched>();
  readonly #unsubscribe: () => void;

  constructor(options: RevisionMakerOptions) {
    this.#options = options;
    const { log, random, sets } = options;
    this.controller = new Controller({
      ...{ name: 'signature-source', log, random, workers: kWorkers },
      reconcile: (key, signal) => this.#reconcile(key, signal),
    });
    this.#unsubscribe = sets.onChange(({ key, before, after }) => {
      const same = before?.metadata.generation === after?.metadata.generation;
      if (!same) this.controller.queue.add(key);
    });
  }

  result(set: string): SourceResult | undefined {
    return this.#results.get(set);
  }

  /** The object store may be a new one, with nothing in it. */
  lookAgain(): void {
    for (const key of this.#options.sets.keys()) this.controller.queue.add(key);
  }

  async run(signal: AbortSignal): Promise<void> {
    this.lookAgain();
    await this.controller.run(signal);
    this.#unsubscribe();
    for (const { stop } of this.#watches.values()) stop.abort();
  }

  async #reconcile(name: string, signal: AbortSignal): Promise<Outcome> {
    const { sets, bus, onResult, log } = this.#options;
    const set = sets.get(name);
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) {
      this.#forget(name);
      return {};
    }
    this.#watch(set);
    if (!bus.ready) return { againAfterMs: kBusAwayMs };
    const generation = set.metadata.generation ?? 0;
    let againAfterMs = (set.spec.source.http?.intervalSeconds ?? 0) * 1_000;
    try {
      await bus.gate.put(async () => {
        const result = await this.#look(set, signal);
        if (result !== undefined) this.#results.set(name, { generation, ...result });
      });
    } catch (error) {
      if (!(error instanceof SourceFault)) throw error;
      log.warn({ set: name, generation, reason: error.reason, err: error }, 'No revision of a set');
      const { reason, message, faults = [], faultCount = 0 } = error as FaultyRules;
      this.#etags.delete(name);
      this.#results.set(name, { generation, problem: { reason, message }, faults, faultCount });
      const soonMs = error.passing ? kAwayMs : kSlowRetryMs;
      if (error.passing || kSlowReasons.has(reason))
        againAfterMs = Math.min(againAfterMs || soonMs, soonMs);
    }
    onResult(name);
    return againAfterMs > 0 ? { againAfterMs } : {};
  }

  /** Undefined: nothing changed since the last look. */
  async #look(
    set: SignatureSet,
    signal: AbortSignal,
  ): Promise<Omit<SourceResult, 'generation'> | undefined> {
    const { name, generation = 0 } = set.metadata;
    const known = this.#etags.get(name);
    const same =
      known?.generation === generation && (await this.#isStored(this.result(name)?.made));
    const before = same ? known.etag : undefined;
    const got = await fetchSource(this.#options, set.spec, { etag: before, signal });
    if (got.files === undefined) return undefined;
    const pack = rulePack(got.files, set.spec);
    const found = await this.#made(set, pack, signal);
    if (got.etag !== undefined) this.#etags.set(name, { generation, etag: got.etag });
    return found;
  }

  async #made(
    set: SignatureSet,
    pack: RulePack,
    signal: AbortSignal,
  ): Promise<Omit<SourceResult, 'generation'>> {
    const { bus, compiler, log, wallNow } = this.#options;
    const { name, annotations } = set.metadata;
    const revision = revisionName(pack);
    const earlier = this.#results.get(name);
    const old =
      earlier?.made?.revision === revision
        ? earlier.made
        : set.status?.history?.find((each) => each.revision === revision);
    if (old !== undefined && (await this.#isStored(old))) {
      const { faults, faultCount } = earlier?.made?.revision === revision ? earlier : {};
      return { made: old, faults, faultCount };
    }
    const compiled = await compiler.compile([{ set: name, pack }], signal).catch(uncompiled);
    refuseFaulty(set, compiled);
    await bus.put(packName(revision), packedBytes(pack));
    await bus.publish(compiled.digest, compiled.bytes);
    const { digest, rules, failed, indicators } = compiled;
    log.info({ set: name, revision, digest, rules, failed, indicators }, 'Revision compiled');
    const author = annotations?.[AUTHOR_ANNOTATION]?.slice(0, 256);
    return {
      made: {
        ...{ revision, digest, createdAt: secondsOf(wallNow()), rules, faults: failed },
        ...(indicators === 0 ? {} : { indicators }),
        ...(author === undefined ? {} : { author }),
        outcome: 'Superseded',
      },
      faults: faultsOf(compiled),
      faultCount: compiled.faultCount,
    };
  }

  async #isStored(made: SignatureRevision | undefined): Promise<boolean> {
    const { bus } = this.#options;
    if (made === undefined) return false;
    return (await bus.has(packName(made.revision))) && (await bus.has(made.digest));
  }

  /** A ConfigMap's changes are seen by a watch over that one object. */
  #watch(set: SignatureSet): void {
    const { name } = set.metadata;
    const { configMapRef } = set.spec.source;
    const { client, log, random, namespace: own } = this.#options;
    const { namespace = own, name: map = '' } = configMapRef ?? {};
    const of = configMapRef === undefined ? '' : `${namespace}/${map}`;
    if (this.#watches.get(name)?.of === of) return;
    this.#watches.get(name)?.stop.abort();
    this.#watches.delete(name);
    if (of === '') return;
    const stop = new AbortController();
    const informer = new Informer<KubeObject, KubeObject>({
      ...{ client, log, random, namespace, kind: CONFIG_MAPS },
      fieldSelector: `metadata.name=${map}`,
      // What stands in it is read when it is needed.
      project: ({ metadata: { name: its, resourceVersion = '' } }) => ({
        metadata: { namespace, name: its, resourceVersion },
      }),
    });
    informer.onChange(() => this.controller.queue.add(name));
    void informer.run(stop.signal);
    this.#watches.set(name, { of, stop });
  }

  #forget(name: string): void {
    this.#results.delete(name);
    this.#etags.delete(name);
    this.#watches.get(name)?.stop.abort();
    this.#watches.delete(name);
  }
}

/** With the rules that are at fault. */
class FaultyRules extends SourceFault {
  readonly faults: readonly SignatureFault[];
  readonly faultCount: number;

  constructor(reason: 'NotRules' | 'TooManyFaults', message: string, compiled: CompiledParts) {
    super(reason, message);
    this.faults = faultsOf(compiled);
    this.faultCount = compiled.faultCount;
  }
}

/** Too large for the thread that compiles, or too slow: the set has to say so. */
function uncompiled(cause: unknown): never {
  if (!(cause instanceof NetmothError) || cause.code !== 'NM_RULES_UNCOMPILED') throw cause;
  throw new SourceFault('CompileFailed', cause.message, { cause });
}

function refuseFaulty({ spec }: SignatureSet, compiled: CompiledParts): void {
  const { rules, failed, indicators } = compiled;
  if (rules === 0 && indicators === 0) {
    const words =
      failed === 0
        ? 'there is not one rule in it'
        : `not one of ${failed} rules compiles: is it rules at all?`;
    throw new FaultyRules('NotRules', words, compiled);
  }
  const { maxFaults } = spec;
  const allowed =
    typeof maxFaults === 'number'
      ? maxFaults
      : Math.floor((Number.parseInt(maxFaults, 10) / 100) * (rules + failed));
  if (failed <= allowed) return;
  const words = `${failed} of ${rules + failed} rules do not compile; spec.maxFaults allows ${allowed}`;
  throw new FaultyRules('TooManyFaults', words, compiled);
}

function faultsOf({ faults }: CompiledParts): SignatureFault[] {
  return faults.map(({ file, line, message }) => ({
    ...{ file: file.slice(0, 512), line, reason: message.slice(0, kMaxReason) },
  }));
}
