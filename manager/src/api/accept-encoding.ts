// Which content encoding a client takes, from its Accept-Encoding (RFC 9110, 12.5.3). Invariant: the
// header is taken apart piece by piece in time linear to its length, since anyone may send one.

/** The first of `offered` that is accepted by name with a weight above 0. */
export function acceptedEncoding<T extends string>(
  header: string,
  offered: readonly T[],
): T | undefined {
  const accepted = new Set<string>();
  for (const element of header.split(',')) {
    const [name = '', ...parameters] = element.split(';').map((piece) => piece.trim());
    if (weightOf(parameters) > 0) accepted.add(name.toLowerCase());
  }
  return offered.find((each) => accepted.has(each));
}

/** 1 where none is told; 0 where it cannot be read, so that a doubtful encoding is not used. */
function weightOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=', 2);
    if (name.trim().toLowerCase() !== 'q') continue;
    const weight = value.trim() === '' ? Number.NaN : Number(value);
    return weight >= 0 && weight <= 1 ? weight : 0;
  }
  return 1;
}
