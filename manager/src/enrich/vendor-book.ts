/**
 * Who made a network interface, by the first octets of its MAC address.
 *
 * Reads the listing of the IEEE as Debian's ieee-data installs it (oui.txt), or a table of lines `prefix`,
 * name (manuf of Wireshark), by what the lines look like. Invariants: a locally administered address has no
 * vendor, because nobody's registry gave it; at most kMaxPrefixes entries, those beyond are counted.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const kMaxPrefixes = 200_000;
const kMaxFileBytes = 64 * 1024 * 1024;
const kMaxVendorChars = 120;
/** `28-6F-B9   (hex)\t\tNokia Shanghai Bell Co., Ltd.` */
const IEEE_LINE = /^([0-9A-F]{2})-([0-9A-F]{2})-([0-9A-F]{2})\s+\(hex\)\s+(.+)$/;
/** `00:1B:C5:00:00/36\tShort\tLong name` */
const TABLE_LINE =
  /^([0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){2,5})(?:\/(\d+))?\t+([^\t]+)(?:\t+(.+))?$/;

export class VendorBook {
  readonly #byLength = new Map<number, Map<string, string>>();
  readonly #lengths: readonly number[];
  size = 0;
  dropped = 0;

  constructor(text: string) {
    for (const line of text.split('\n')) this.#addLine(line.trimEnd());
    // The longest prefix wins: the IEEE divides some of its blocks.
    this.#lengths = [...this.#byLength.keys()].sort((a, b) => b - a);
  }

  static read(file: string): VendorBook {
    const bytes = readFileSync(file);
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const plain = isGzip ? gunzipSync(bytes, { maxOutputLength: kMaxFileBytes }) : bytes;
    return new VendorBook(plain.toString('utf8'));
  }

  /** `mac` as aa:bb:cc:dd:ee:ff. */
  of(mac: string): string | undefined {
    if (isLocallyAdministered(mac)) return undefined;
    const digits = mac.replaceAll(':', '').toLowerCase();
    for (const length of this.#lengths) {
      const found = this.#byLength.get(length)?.get(digits.slice(0, length));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #addLine(line: string): void {
    const ieee = IEEE_LINE.exec(line);
    if (ieee !== null) {
      const [, a = '', b = '', c = '', name = ''] = ieee;
      this.#add(`${a}${b}${c}`, name);
      return;
    }
    const table = TABLE_LINE.exec(line);
    if (table === null) return;
    const [, prefix = '', bits, short = '', long] = table;
    const digits = prefix.replace(/[:-]/g, '');
    const length = bits === undefined ? digits.length : Math.ceil(Number(bits) / 4);
    if (length >= 6 && length <= 12) this.#add(digits.slice(0, length), long ?? short);
  }

  #add(prefix: string, name: string): void {
    if (this.size >= kMaxPrefixes) {
      this.dropped += 1;
      return;
    }
    const names = this.#byLength.get(prefix.length) ?? new Map<string, string>();
    this.#byLength.set(prefix.length, names);
    names.set(prefix.toLowerCase(), name.trim().slice(0, kMaxVendorChars));
    this.size += 1;
  }
}

/**
 * Given by software, not by a maker: bit 1 of the first octet (IEEE 802c). Phones and laptops choose such
 * an address anew for each network; so do virtual machines and containers.
 */
export function isLocallyAdministered(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 0b10) !== 0;
}
