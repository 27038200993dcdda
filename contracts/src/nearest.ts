/**
 * Names the known word a misspelt one was meant to be.
 *
 * Invariants: silent where none is near; the cost is bounded however long the word is.
 */

const MAX_WORD = 64;

/** The nearest of `known` within a third of the word's length. */
export function nearestName(word: string, known: readonly string[]): string | undefined {
  const wanted = word.slice(0, MAX_WORD).toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `, did you mean "x"?`, or '' where none is near. */
export function nearest(word: string, known: readonly string[]): string {
  const best = nearestName(word, known);
  return best === undefined ? '' : `, did you mean "${best}"?`;
}

/** Insertions, deletions and substitutions between two words (Levenshtein). */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitute = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitute, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
