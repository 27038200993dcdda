/**
 * The share of packets a node lost of late, as a level that a person can read and that rarely moves.
 *
 * Invariants: over the last kWindow reports; a level is rounded up, so that "0%" means none at all, and a
 * percent is rounded down, so that it is at a bound of whole percents only where the share is. Both rise
 * at once and fall only after a whole window below. Counters that went back are a new start.
 */
import type { Counters } from '#contracts/nats.ts';

/** A minute of reports. */
const kWindow = 12;
/** In percent. */
export const LOSS_LEVELS = [0, 0.01, 0.1, 0.5, 1, 2, 5, 10, 20, 50, 100] as const;

export class LossMeter {
  #last: { packets: number; drops: number } | undefined;
  /** Of each report since the one before; numbers, because there are thousands of nodes. */
  readonly #packets: number[] = [];
  readonly #drops: number[] = [];
  readonly #level = new Peak();
  readonly #percent = new Peak();

  /** In percent, for people; undefined until two reports can be compared. */
  get level(): number | undefined {
    return this.#packets.length === 0 ? undefined : this.#level.value;
  }

  /** Whole percents, to compare with a bound; undefined like the level. */
  get percent(): number | undefined {
    return this.#packets.length === 0 ? undefined : this.#percent.value;
  }

  /** There is a whole window since the start: what it does not show is not so. */
  get settled(): boolean {
    return this.#packets.length === kWindow;
  }

  hear(counters: Pick<Counters, 'kernelPackets' | 'kernelDrops'>): void {
    const { kernelPackets: packets, kernelDrops: drops } = counters;
    const last = this.#last;
    this.#last = { packets, drops };
    if (last === undefined) return;
    if (packets < last.packets || drops < last.drops) {
      this.#packets.length = 0;
      this.#drops.length = 0;
      this.#level.reset();
      this.#percent.reset();
      return;
    }
    this.#packets.push(packets - last.packets);
    this.#drops.push(drops - last.drops);
    if (this.#packets.length > kWindow) {
      this.#packets.shift();
      this.#drops.shift();
    }
    this.#settle();
  }

  #settle(): void {
    const sum = (values: readonly number[]): number => values.reduce((all, each) => all + each, 0);
    const packets = sum(this.#packets);
    const drops = sum(this.#drops);
    // Multiplied first: 29 of 100 are 29 %, not 28.99….
    const percent = packets === 0 ? 0 : (drops * 100) / packets;
    this.#level.hear(LOSS_LEVELS.find((level) => percent <= level) ?? 100);
    this.#percent.hear(Math.floor(percent));
  }
}

class Peak {
  value = 0;
  #reportsBelow = 0;

  hear(value: number): void {
    if (value >= this.value) this.#reportsBelow = 0;
    else this.#reportsBelow += 1;
    if (value > this.value || this.#reportsBelow >= kWindow) {
      this.value = value;
      this.#reportsBelow = 0;
    }
  }

  reset(): void {
    this.value = 0;
    this.#reportsBelow = 0;
  }
}
