// Keys that work anywhere. Invariant: never while somebody types, never with a modifier held, and the
// `g` prefix forgets itself with the next key.
import { PLACES } from './places.ts';

export type Shortcut =
  | { readonly does: 'go'; readonly path: string }
  | { readonly does: 'search' | 'help' | 'refresh' | 'prefix' | 'nothing' };

/** What `key` means, `prefixed` being whether `g` came just before. */
export function readShortcut(key: string, prefixed: boolean): Shortcut {
  if (prefixed) {
    const place = PLACES.find((candidate) => candidate.key === key);
    return place === undefined ? { does: 'nothing' } : { does: 'go', path: place.path };
  }
  switch (key) {
    case 'g':
      return { does: 'prefix' };
    case '/':
      return { does: 'search' };
    case '?':
      return { does: 'help' };
    case 'r':
      return { does: 'refresh' };
    default:
      return { does: 'nothing' };
  }
}

/** Whether the key belongs to a field the reader types into. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}
