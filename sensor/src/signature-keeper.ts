/**
 * Brings the engine to match with the signatures that are wanted of this node, and says what it matches with.
 *
 * Invariants: the bus's wish counts, without one the bundle of the configuration, without that nothing. A bundle
 * reaches the engine only from the cache, under its digest, and signed by a trusted key where keys are
 * configured. Whatever fails, the engine goes on with what it has; failure and reason are reported, and what
 * may work later is tried again. One bundle at a time, the latest wish wins.
 */
import type { KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Logger } from 'pino';
import {
  type BundleFaultReason,
  BundleRefused,
  bundleErrorCode,
} from '#contracts/bundle-faults.ts';
import type { LiveEngine, LoadedSignatures } from '#contracts/native.ts';
import {
  bundleDigestOf,
  type DesiredSignatures,
  MAX_BUNDLE_BYTES,
  type ReportedSignatures,
  type SignatureFailure,
} from '#contracts/signature-store.ts';
import { BundleError } from '#signatures/bundle/bundle-error.ts';
import { readBundleTail } from '#signatures/bundle/bundle-tail.ts';
import { verifySignedDigest } from '#signatures/bundle/signature.ts';
import { backoffMs } from './backoff.ts';
import type { BundleCache } from './bundle-cache.ts';

export interface SignatureKeeperOptions {
  readonly cache: BundleCache;
  /** Of the configuration. */
  readonly bundle: string | undefined;
  /** Ed25519; empty: nobody has to sign. */
  readonly trusted: readonly KeyObject[];
  /** From the bus; throws BundleRefused. */
  readonly fetch: (digest: string, maxBytes: number) => AsyncIterable<Uint8Array>;
  readonly log: Logger;
  readonly now: () => Date;
  readonly random: () => number;
}

type Engine = Pick<LiveEngine, 'signatures' | 'swapSignatures'>;

/** A bundle in the cache, verified. */
interface Ready {
  readonly path: string;
  readonly digest: string;
  readonly wish: DesiredSignatures | undefined;
  /** It lay in the cache already, so that its source may have a sounder one. */
  readonly old: boolean;
}

/** How many reasons of rules that are not matched go into the log. */
const kLoggedRules = 5;
/** It may be signed anew, with the key that is trusted now; until then nobody fetches it for nothing too often. */
const kUntrustedRetryMs = 60_000;

export class SignatureKeeper {
  readonly #options: SignatureKeeperOptions;
  readonly #failures = new Map<BundleFaultReason, number>();
  #engine: Engine | undefined;
  #wish: DesiredSignatures | undefined;
  #loaded: { readonly set: LoadedSignatures; readonly at: string; revision?: string } | undefined;
  #failure: SignatureFailure | undefined;
  #loading = false;
  #work: Promise<void> | undefined;
  #again = false;
  #attempts = 0;
  #swaps = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: SignatureKeeperOptions) {
    this.#options = options;
  }

  /**
   * Starts the engine with what was wanted last, as far as that is in the cache, else with the bundle of the
   * configuration. A bundle of the configuration that cannot be taken throws BundleRefused.
   */
  async startEngine<T extends Engine>(start: (bundlePath: string | undefined) => T): Promise<T> {
    this.#wish = await this.#options.cache.recall();
    const ready = (await this.#recalled()) ?? (await this.#configured());
    const engine = await this.#started(ready, start);
    this.#engine = engine;
    this.#note(engine.signatures(), ready?.wish?.revision);
    await this.#tidy();
    return engine;
  }

  async #started<T extends Engine>(
    ready: Ready | undefined,
    start: (path: string | undefined) => T,
  ): Promise<T> {
    try {
      return start(ready?.path);
    } catch (error) {
      if (!(error instanceof BundleRefused) || ready?.wish === undefined) throw error;
      // Its file was damaged: the bus has it anew.
      this.#refused(error, ready.digest);
      await this.#options.cache.remove(ready.digest);
      return start(undefined);
    }
  }

  async #recalled(): Promise<Ready | undefined> {
    const wish = this.#wish;
    const path = wish === undefined ? undefined : await this.#options.cache.find(wish.digest);
    if (wish === undefined || path === undefined) return undefined;
    try {
      await this.#verify(path, wish.digest);
      return { path, digest: wish.digest, wish, old: true };
    } catch (error) {
      this.#refused(refusalOf(error), wish.digest);
      return undefined;
    }
  }

  /** What the bus wants; undefined: nothing more. */
  want(wish: DesiredSignatures | undefined): void {
    this.#wish = wish;
    this.#attempts = 0;
    this.#pursue();
  }

  /** What failed for want of the bus is tried again. */
  busUp(): void {
    if (this.#retry !== undefined) this.#pursue();
  }

  /** Nothing is begun any more; what is under way ends with the engine. */
  stop(): void {
    this.#engine = undefined;
    clearTimeout(this.#retry);
  }

  /** Once there is nothing more to do but wait. */
  async settled(): Promise<void> {
    while (this.#work !== undefined) await this.#work;
  }

  status(): ReportedSignatures {
    const { set, at, revision } = this.#loaded ?? {};
    const wanted = this.#wish?.digest;
    return {
      state: this.#state(),
      ...(set === undefined
        ? {}
        : {
            ...{ digest: set.digest, rulesLoaded: set.rulesLoaded, rulesFailed: set.rulesFailed },
            ...{ indicators: set.indicators, loadMs: set.loadMs, memoryBytes: set.memoryBytes },
          }),
      ...(at === undefined ? {} : { loadedAt: at }),
      ...(revision === undefined ? {} : { revision }),
      ...(wanted === undefined || wanted === set?.digest ? {} : { wanted }),
      swaps: this.#swaps,
      failures: [...this.#failures.values()].reduce((sum, count) => sum + count, 0),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }

  /** Bundles refused since the start, by reason. */
  refusals(): ReadonlyMap<BundleFaultReason, number> {
    return this.#failures;
  }

  #state(): ReportedSignatures['state'] {
    if (this.#loading) return 'loading';
    if (this.#failure !== undefined) return 'failed';
    return this.#loaded === undefined ? 'none' : 'active';
  }

  #pursue(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#again = true;
    this.#work ??= this.#converge().finally(() => {
      this.#work = undefined;
      // Wanted between the last look and now.
      if (this.#again && this.#engine !== undefined) this.#pursue();
    });
  }

  async #converge(): Promise<void> {
    while (this.#again && this.#engine !== undefined) {
      this.#again = false;
      await this.#step(this.#engine, this.#wish);
    }
  }

  async #step(engine: Engine, wish: DesiredSignatures | undefined): Promise<void> {
    const { log } = this.#options;
    try {
      if (wish === undefined || wish.digest !== this.#loaded?.set.digest) {
        this.#loading = true;
        const ready = wish === undefined ? await this.#configured() : await this.#obtained(wish);
        if (ready?.digest !== this.#loaded?.set.digest) await this.#swap(engine, ready);
      }
      if (this.#loaded !== undefined && wish?.revision !== undefined) {
        this.#loaded.revision = wish.revision;
      }
      this.#failure = undefined;
      if (await this.#remembered(wish)) this.#attempts = 0;
      else this.#retryLater();
    } catch (error) {
      if (this.#engine === undefined) return; // the sensor is ending
      const refusal = refusalOf(error);
      this.#refused(refusal, wish?.digest);
      if (refusal.retryable) this.#retryLater();
      else if (refusal.code === 'NM_BUNDLE_UNTRUSTED') this.#retryLater(kUntrustedRetryMs);
    } finally {
      this.#loading = false;
    }
    log.debug({ signatures: this.status() }, 'Signatures looked after');
  }

  /** False: what is matched with is as wanted all the same, only the next start will not know of it. */
  async #remembered(wish: DesiredSignatures | undefined): Promise<boolean> {
    const { cache, log } = this.#options;
    try {
      await cache.remember(wish);
      await this.#tidy();
      return true;
    } catch (err) {
      if (this.#attempts === 0) log.warn({ err }, 'Signatures could not be remembered');
      return false;
    }
  }

  async #swap(engine: Engine, ready: Ready | undefined): Promise<void> {
    try {
      this.#note(await engine.swapSignatures(ready?.path), ready?.wish?.revision);
    } catch (error) {
      // A file that cannot be loaded is not found again; the bus may have a sound one.
      if (ready !== undefined) await this.#options.cache.remove(ready.digest);
      if (ready?.old === true) this.#again = true;
      throw error;
    }
    if (ready === undefined) this.#options.log.info('Signatures unloaded');
  }

  #note(set: LoadedSignatures | undefined, revision: string | undefined): void {
    this.#loaded = undefined;
    if (set === undefined) return;
    this.#swaps += 1;
    const at = this.#options.now().toISOString();
    this.#loaded = { set, at, ...(revision === undefined ? {} : { revision }) };
    const { digest, rulesLoaded, rulesFailed, indicators, rulesNotMatched } = set;
    const loadMs = Math.round(set.loadMs);
    const { memoryBytes } = set;
    const facts = { digest, revision, rulesLoaded, rulesFailed, indicators, loadMs, memoryBytes };
    const notMatched = rulesNotMatched.slice(0, kLoggedRules);
    this.#options.log.info({ ...facts, notMatched }, 'Signatures loaded');
  }

  async #obtained(wish: DesiredSignatures): Promise<Ready> {
    const { digest } = wish;
    const file = await this.#cached(digest, () => this.#options.fetch(digest, MAX_BUNDLE_BYTES));
    return { ...file, digest, wish };
  }

  /** The configuration's bundle as a copy in the cache: the file itself may be written to at any time. */
  async #configured(): Promise<Ready | undefined> {
    const { bundle } = this.#options;
    if (bundle === undefined) return undefined;
    try {
      const tail = await readBundleTail(bundle);
      if (tail.sizeBytes > MAX_BUNDLE_BYTES) {
        throw new BundleRefused('BUNDLE_TOO_LARGE', `${tail.sizeBytes} bytes`);
      }
      const digest = bundleDigestOf(tail.digest);
      const file = await this.#cached(digest, () => createReadStream(bundle));
      return { ...file, digest, wish: undefined };
    } catch (error) {
      const { reason } = refusalOf(error);
      throw new BundleRefused(reason, bundle, { cause: error });
    }
  }

  /** Where the bundle lies, verified; `source` has it where the cache has not, or has a broken one. */
  async #cached(
    digest: string,
    source: () => AsyncIterable<Uint8Array>,
  ): Promise<Pick<Ready, 'path' | 'old'>> {
    const { cache } = this.#options;
    const known = await cache.find(digest);
    if (known !== undefined) {
      const sound = await this.#verify(known, digest).then(
        () => true,
        () => false,
      );
      if (sound) return { path: known, old: true };
    }
    const path = await cache.add(digest, source(), (added) => this.#verify(added, digest));
    return { path, old: false };
  }

  /** That the content fits the digest is the engine's to find out; it reads all of it anyway. */
  async #verify(path: string, digest: string): Promise<void> {
    const tail = await readBundleTail(path);
    const found = bundleDigestOf(tail.digest);
    if (found !== digest) throw new BundleRefused('BUNDLE_OTHER', found);
    if (this.#options.trusted.length > 0) verifySignedDigest(tail, this.#options.trusted);
  }

  #refused(refusal: BundleRefused, digest: string | undefined): void {
    const { reason, message } = refusal;
    const code = bundleErrorCode(reason);
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
    const again = this.#failure?.reason === reason && this.#failure.digest === digest;
    const since = again ? this.#failure?.since : undefined;
    this.#failure = {
      ...(digest === undefined ? {} : { digest }),
      ...{ code, reason, message, since: since ?? this.#options.now().toISOString() },
    };
    const facts = { digest, code, reason, detail: message, inUse: this.#loaded?.set.digest };
    if (!again) this.#options.log.warn(facts, 'Signatures refused');
  }

  #retryLater(leastMs = 0): void {
    const random = this.#options.random();
    const delayMs = backoffMs(this.#attempts, random) + leastMs * (1 + random);
    this.#attempts += 1;
    this.#retry = setTimeout(() => this.#pursue(), delayMs);
    this.#retry.unref();
  }

  async #tidy(): Promise<void> {
    const inUse = this.#loaded?.set.digest;
    await this.#options.cache.tidy(inUse === undefined ? [] : [inUse]);
  }
}

/** Faults of the disk under the cache are none of the bundle's. */
function refusalOf(error: unknown): BundleRefused {
  if (error instanceof BundleRefused) return error;
  const message = error instanceof Error ? error.message : String(error);
  const reason = error instanceof BundleError ? error.code : 'BUNDLE_UNREADABLE';
  return new BundleRefused(reason, message, { cause: error });
}
