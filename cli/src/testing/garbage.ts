/** Deterministic octets of all values, with line ends among them. */
export function garbage(octets: number): Buffer {
  const bytes = Buffer.alloc(octets);
  let state = 7;
  for (let at = 0; at < octets; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}
