/** Patterns in which * stands for anything. */

/** The first of its places that fits is taken, so it costs no more than reading. */
export function globOf(pattern: string): (key: string) => boolean {
  const [first = '', ...parts] = pattern.split('*');
  const last = parts.pop();
  if (last === undefined) return (key) => key === first;
  return (key) => {
    if (key.length < first.length + last.length) return false;
    if (!key.startsWith(first) || !key.endsWith(last)) return false;
    let at = first.length;
    const end = key.length - last.length;
    for (const part of parts) {
      const found = key.indexOf(part, at);
      if (found === -1 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}
