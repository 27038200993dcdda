/**
 * The hours of one shard that are not over, in memory.
 *
 * Bounds: MAX_OPEN hours of devices, MAX_GUESTS of all others, MAX_OPEN_CONTACTS contacts of all of them; what is
 * beyond is counted, not kept. A flood of senders who were made up takes the guests' places only.
 */
import { mergeHour, type SubjectHour } from './subject-hour.ts';

export const MAX_OPEN = 16_384;
/** Hours of who is no device of ours, or of which nothing has come back. */
export const MAX_GUESTS = 8_192;
export const MAX_OPEN_CONTACTS = 131_072;

export interface OpenHour {
  readonly hour: SubjectHour;
  storedMs: number;
  touched: boolean;
  guest: boolean;
}

export class OpenHours {
  readonly #open = new Map<string, OpenHour>();
  #guests = 0;
  #contacts = 0;
  /** Hours that found no room. */
  beyond = 0;

  get size(): number {
    return this.#open.size;
  }

  all(): OpenHour[] {
    return [...this.#open.values()];
  }

  take(part: SubjectHour, storedMs: number): void {
    const key = keyOf(part);
    const known = this.#open.get(key);
    this.#boundContacts(part, known?.hour);
    if (known === undefined) {
      this.#add(key, part, storedMs);
      return;
    }
    const before = known.hour.contacts.size;
    mergeHour(known.hour, part);
    this.#contacts += known.hour.contacts.size - before;
    known.storedMs = Math.max(known.storedMs, storedMs);
    known.touched = true;
    if (!known.guest || isGuest(known.hour) || this.#devices >= MAX_OPEN) return;
    known.guest = false;
    this.#guests -= 1;
  }

  forget(hours: readonly OpenHour[]): void {
    for (const { hour, guest } of hours) {
      if (!this.#open.delete(keyOf(hour))) continue;
      if (guest) this.#guests -= 1;
      this.#contacts -= hour.contacts.size;
    }
  }

  #add(key: string, hour: SubjectHour, storedMs: number): void {
    const guest = isGuest(hour);
    if (guest ? this.#guests >= MAX_GUESTS : this.#devices >= MAX_OPEN) {
      this.beyond += 1;
      return;
    }
    this.#open.set(key, { hour, storedMs, touched: true, guest });
    if (guest) this.#guests += 1;
    this.#contacts += hour.contacts.size;
  }

  get #devices(): number {
    return this.#open.size - this.#guests;
  }

  #boundContacts(part: SubjectHour, known: SubjectHour | undefined): void {
    let room = MAX_OPEN_CONTACTS - this.#contacts;
    if (part.contacts.size <= room) return;
    for (const key of part.contacts.keys()) {
      if (known?.contacts.has(key) === true) continue;
      if (room > 0) {
        room -= 1;
        continue;
      }
      part.contacts.delete(key);
      part.beyond += 1;
    }
  }
}

function keyOf({ hour, subject }: SubjectHour): string {
  return `${hour} ${subject}`;
}

/** Nothing came back to it: a visitor, or an address that somebody made up. */
function isGuest({ device, bytesIn }: SubjectHour): boolean {
  return !device || bytesIn === 0;
}
