/**
 * Kinds of indicators: the section of the bundle that holds them, and how wide their keys are.
 *
 * Invariant: a number once given to a kind is never given to another.
 */

export interface KindRow {
  readonly section: number;
  /** Bytes of a key; 0: text of any length. */
  readonly width: number;
}

export const KINDS = {
  /** First and last address, each most significant byte first. */
  ipv4: { section: 16, width: 8 },
  ipv6: { section: 17, width: 32 },
  /** Address, then port, most significant byte first. */
  'ipv4-port': { section: 18, width: 6 },
  'ipv6-port': { section: 19, width: 18 },
  'certificate-sha1': { section: 20, width: 20 },
  'certificate-sha256': { section: 21, width: 32 },
  'file-sha256': { section: 22, width: 32 },
  'file-md5': { section: 23, width: 16 },
  ja3: { section: 24, width: 16 },
  ja3s: { section: 25, width: 16 },
  ja4: { section: 26, width: 0 },
  /** Lower case, labels from the last to the first (`com.example.`): a suffix is a prefix. */
  domain: { section: 27, width: 0 },
  /** Without scheme, its own port and fragment: host in lower case, path and query as they are. */
  url: { section: 28, width: 0 },
} as const satisfies Record<string, KindRow>;

export type Kind = keyof typeof KINDS;
