/** Domain names in the one form in which they are stored. Invariant: bounded, and without control characters. */
import { cleanText } from '../ingest/event-fields.ts';

const MAX_DOMAIN_CHARS = 253;

/** Lower case, without the final dot, bounded; null for what is left of nothing. */
export function normalDomain(name: string): string | null {
  const bare = name.endsWith('.') ? name.slice(0, -1) : name;
  const normal = cleanText(bare.slice(0, MAX_DOMAIN_CHARS).toLowerCase());
  return normal === '' ? null : normal;
}
