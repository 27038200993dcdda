// The known name a mistyped one most likely meant. Invariant: cost is bounded whatever is given.
import { editDistance } from '#contracts/nearest.ts';

const MAX_NAME = 64;

/** Undefined where nothing is near: more than half of the letters would have to change. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const wanted = name.slice(0, MAX_NAME).toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, edits: editDistance(wanted, candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  if (best === undefined) return undefined;
  return best.edits <= Math.max(1, Math.floor(best.candidate.length / 2))
    ? best.candidate
    : undefined;
}
