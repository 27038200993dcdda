/**
 * Address → its last holders, as they should stand in the bucket.
 *
 * Invariants: holders of one address never overlap and at most MAX_HOLDERS are kept; two that claim an address at
 * the same time (one object was not seen to end) are put in order by when they began. An address nobody has
 * held for kKeepMs is forgotten. At most kMaxAddresses; those beyond are dropped and counted.
 */
import { type Holder, MAX_HOLDERS } from '#contracts/identity.ts';
import { sameHolder } from './holders.ts';

/** Events come late by as much as a spool may hold. */
const kKeepMs = 6 * 3_600_000;
const kMaxAddresses = 500_000;

export class AddressLedger {
  readonly #holders = new Map<string, readonly Holder[]>();
  /** Changed since they were last taken. */
  readonly #dirty = new Set<string>();
  dropped = 0;

  get size(): number {
    return this.#holders.size;
  }

  get waiting(): number {
    return this.#dirty.size;
  }

  get(address: string): readonly Holder[] | undefined {
    return this.#holders.get(address);
  }

  addresses(): IterableIterator<string> {
    return this.#holders.keys();
  }

  /** What the bucket says already. */
  remember(address: string, holders: readonly Holder[]): void {
    if (this.#holders.size < kMaxAddresses) this.#holders.set(address, holders);
  }

  begin(address: string, holder: Holder): void {
    const before = this.#holders.get(address);
    if (before === undefined && this.#holders.size >= kMaxAddresses) {
      this.dropped += 1;
      return;
    }
    const others = (before ?? []).filter((each) => !sameHolder(each, holder));
    const known = before?.find((each) => sameHolder(each, holder));
    if (before !== undefined && known !== undefined && sameText(known, holder)) {
      // What the bucket said and what the copy of the cluster says need not both be kept.
      this.#holders.set(
        address,
        before.map((each) => (each === known ? holder : each)),
      );
      return;
    }
    const all = [...others, holder].sort((a, b) => (a.from < b.from ? -1 : 1));
    this.#set(
      address,
      all.slice(-MAX_HOLDERS).map((each, place, list) => closed(each, list[place + 1])),
    );
  }

  end(address: string, holder: Holder, now: Date): void {
    const before = this.#holders.get(address);
    if (before === undefined) return;
    const to = now.toISOString();
    const after = before.map((each) =>
      sameHolder(each, holder) && each.to === undefined ? { ...each, to } : each,
    );
    if (after.some((each, place) => each !== before[place])) this.#set(address, after);
  }

  /** Ends what nobody claims any more: it went while nobody looked. */
  endUnclaimed(isClaimed: (address: string, holder: Holder) => boolean, now: Date): void {
    for (const [address, holders] of this.#holders) {
      const last = holders.at(-1);
      if (last === undefined || last.to !== undefined || isClaimed(address, last)) continue;
      this.end(address, last, now);
    }
  }

  /** Forgets addresses that nobody has held for long; they are told as gone. */
  sweep(now: Date): void {
    const before = new Date(now.getTime() - kKeepMs).toISOString();
    for (const [address, holders] of this.#holders) {
      const to = holders.at(-1)?.to;
      if (to === undefined || to >= before) continue;
      this.#holders.delete(address);
      this.#dirty.add(address);
    }
  }

  /** Takes up to `most` addresses that changed. */
  take(most: number): string[] {
    const taken: string[] = [];
    for (const address of this.#dirty) {
      if (taken.length >= most) break;
      taken.push(address);
      this.#dirty.delete(address);
    }
    return taken;
  }

  /** They could not be written. */
  putBack(addresses: readonly string[]): void {
    for (const address of addresses) this.#dirty.add(address);
  }

  /** The bucket says of it what is said here. */
  isWritten(address: string): void {
    this.#dirty.delete(address);
  }

  #set(address: string, holders: readonly Holder[]): void {
    this.#holders.set(address, holders);
    this.#dirty.add(address);
  }
}

function sameText(a: Holder, b: Holder): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** It ends where the next begins, at the latest. */
function closed(holder: Holder, next: Holder | undefined): Holder {
  if (next === undefined) return holder;
  const to = holder.to === undefined || holder.to > next.from ? next.from : holder.to;
  return { ...holder, to };
}
