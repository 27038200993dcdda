/**
 * A set of what is usual that forgets: each member's weight halves in 14 days, and what was not seen for long goes.
 *
 * Bound: `capacity` members; the lightest goes first. Members are 32-bit hashes, eight bytes each when stored; two
 * things that share a hash are taken for one, which makes the second look usual: once in 16 million for 256 members.
 */
import { hash32 } from './sketch.ts';

interface Member {
  lastHour: number;
  weight: number;
}

const kHalfLifeHours = 14 * 24;
const kMinWeight = 0.1;
const kMaxWeight = 65_535;

export class UsualSet {
  readonly #capacity: number;
  readonly #members = new Map<number, Member>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  static decode(capacity: number, text: string): UsualSet {
    const set = new UsualSet(capacity);
    const bytes = Buffer.from(text, 'base64');
    for (let at = 0; at + 10 <= bytes.length; at += 10) {
      const weight = bytes.readUInt16LE(at + 8) / 16;
      set.#members.set(bytes.readUInt32LE(at), { lastHour: bytes.readInt32LE(at + 4), weight });
    }
    return set;
  }

  encode(): string {
    const bytes = Buffer.alloc(this.#members.size * 10);
    let at = 0;
    for (const [hash, { lastHour, weight }] of this.#members) {
      bytes.writeUInt32LE(hash, at);
      bytes.writeInt32LE(lastHour, at + 4);
      bytes.writeUInt16LE(Math.min(kMaxWeight, Math.round(weight * 16)), at + 8);
      at += 10;
    }
    return bytes.toString('base64');
  }

  get size(): number {
    return this.#members.size;
  }

  /** How usual it is at that hour: the sum of its sightings, faded; 0 for what was never seen. */
  weight(key: string, hour: number): number {
    const member = this.#members.get(hash32(key));
    return member === undefined ? 0 : faded(member, hour);
  }

  has(key: string, hour: number): boolean {
    return this.weight(key, hour) > kMinWeight;
  }

  add(key: string, hour: number, by = 1): void {
    const hash = hash32(key);
    const member = this.#members.get(hash);
    if (member !== undefined) {
      member.weight = Math.min(kMaxWeight / 16, faded(member, hour) + by);
      member.lastHour = Math.max(member.lastHour, hour);
      return;
    }
    if (this.#members.size >= this.#capacity) this.#dropLightest(hour);
    this.#members.set(hash, { lastHour: hour, weight: by });
  }

  #dropLightest(hour: number): void {
    let lightest: number | undefined;
    let least = Infinity;
    for (const [hash, member] of this.#members) {
      const weight = faded(member, hour);
      if (weight < least) [lightest, least] = [hash, weight];
    }
    if (lightest !== undefined) this.#members.delete(lightest);
  }
}

function faded({ lastHour, weight }: Member, hour: number): number {
  return weight * 2 ** -(Math.max(0, hour - lastHour) / kHalfLifeHours);
}
