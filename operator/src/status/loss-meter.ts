/**
 * The share of packets a node lost of late, as a level that a person can read and that rarely moves.
 *
 * Invariants: over the last kWindow reports; rounded up to a level, so that "0%" means none at all; it
 * rises at once and falls only after a whole window below. Counters that went back are a new start.
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
  #level = 0;
  #reportsBelow = 0;

  /** In percent; undefined until two reports can be compared. */
  get level(): number | undefined {
    return this.#packets.length === 0 ? undefined : this.#level;
  }

  hear(counters: Pick<Counters, 'kernelPackets' | 'kernelDrops'>): void {
    const { kernelPackets: packets, kernelDrops: drops } = counters;
    const last = this.#last;
    this.#last = { packets, drops };
    if (last === undefined) return;
    if (packets < last.packets || drops < last.drops) {
      this.#packets.length = 0;
      this.#drops.length = 0;
      this.#level = 0;
      return;
    }
    this.#packets.push(packets - last.packets);
    this.#drops.push(drops - last.drops);
    if (this.#packets.length > kWindow) {
      this.#packets.shift();
      this.#drops.shift();
    }
    this.#settle(this.#share());
  }

  /** The level the window itself has. */
  #share(): number {
    const sum = (values: readonly number[]): number => values.reduce((all, each) => all + each, 0);
    const packets = sum(this.#packets);
    const drops = sum(this.#drops);
    if (drops === 0 || packets === 0) return 0;
    const percent = (drops / packets) * 100;
    return LOSS_LEVELS.find((level) => percent <= level) ?? 100;
  }

  #settle(level: number): void {
    if (level >= this.#level) this.#reportsBelow = 0;
    else this.#reportsBelow += 1;
    if (level > this.#level || this.#reportsBelow >= kWindow) {
      this.#level = level;
      this.#reportsBelow = 0;
    }
  }
}
