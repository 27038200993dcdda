// The frame around every page: skip link, navigation, banner, shortcuts. Invariant: on a phone the
// navigation is a sheet that leaves the tab order when closed.
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { useUrlState } from '../url/url-state.ts';
import { AlertBanner } from './alert-banner.tsx';
import { HealthBanner } from './health-banner.tsx';
import { Nav } from './nav.tsx';
import { NavContext } from './nav-context.ts';
import { ShortcutHelp } from './shortcut-help.tsx';
import { useShortcuts } from './use-shortcuts.ts';

export function Shell({ children }: { readonly children: ReactNode }) {
  const [navOpen, setNavOpen] = useState(false);
  const [helpOpen, setHelpOpen] = useState(false);
  const [path, navigate] = useLocation();
  const url = useUrlState();
  const client = useQueryClient();

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the sheet.
  useEffect(() => setNavOpen(false), [path]);
  useEffect(() => {
    if (!navOpen) return;
    const close = (event: KeyboardEvent) => event.key === 'Escape' && setNavOpen(false);
    document.addEventListener('keydown', close);
    return () => document.removeEventListener('keydown', close);
  }, [navOpen]);

  useShortcuts((shortcut) => {
    if (shortcut.does === 'go') navigate(url.page(shortcut.path));
    if (shortcut.does === 'help') setHelpOpen(true);
    if (shortcut.does === 'refresh') void client.invalidateQueries();
    if (shortcut.does === 'search') {
      document.querySelector<HTMLInputElement>('[data-search]')?.focus();
    }
  });

  return (
    <NavContext value={() => setNavOpen(true)}>
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <div className="shell">
        <Nav open={navOpen} onClose={() => setNavOpen(false)} onHelp={() => setHelpOpen(true)} />
        {navOpen && (
          <button
            type="button"
            className="nav-backdrop"
            aria-label="Close navigation"
            onClick={() => setNavOpen(false)}
          />
        )}
        <main id="content" tabIndex={-1}>
          <HealthBanner />
          <AlertBanner />
          {children}
        </main>
      </div>
      <ShortcutHelp open={helpOpen} onClose={() => setHelpOpen(false)} />
    </NavContext>
  );
}
