// The reader's choice of theme, kept in this browser. Invariant: without a choice the system decides;
// public/theme.js applies a choice before the first paint, under the same key.
import { useEffect, useState } from 'react';

export type ThemeChoice = 'system' | 'light' | 'dark';
const KEY = 'netmoth.theme';
const NEXT: Readonly<Record<ThemeChoice, ThemeChoice>> = {
  system: 'light',
  light: 'dark',
  dark: 'system',
};

function stored(): ThemeChoice {
  const value = document.documentElement.dataset.theme;
  return value === 'dark' || value === 'light' ? value : 'system';
}

function apply(choice: ThemeChoice): void {
  if (choice === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  try {
    if (choice === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // Without storage the choice lasts until the page is left.
  }
  window.dispatchEvent(new Event('netmoth-theme'));
}

export function useThemeChoice(): readonly [ThemeChoice, () => void] {
  const [choice, setChoice] = useState(stored);
  const next = () => {
    const following = NEXT[choice];
    apply(following);
    setChoice(following);
  };
  return [choice, next];
}

/** Counts up whenever colours change, for what is drawn on a canvas. */
export function useThemeVersion(): number {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const bump = () => setVersion((count) => count + 1);
    const system = window.matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', bump);
    window.addEventListener('netmoth-theme', bump);
    return () => {
      system.removeEventListener('change', bump);
      window.removeEventListener('netmoth-theme', bump);
    };
  }, []);
  return version;
}
