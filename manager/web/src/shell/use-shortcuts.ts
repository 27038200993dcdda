// Binds the shortcuts to the document. Invariant: one listener, removed with the shell.
import { useEffect, useRef } from 'react';
import { isTyping, readShortcut, type Shortcut } from './shortcuts.ts';

export function useShortcuts(run: (shortcut: Shortcut) => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    let prefixed = false;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('dialog[open]') !== null) return;
      const shortcut = readShortcut(event.key, prefixed);
      prefixed = shortcut.does === 'prefix';
      if (shortcut.does === 'nothing') return;
      event.preventDefault();
      latest.current(shortcut);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}
