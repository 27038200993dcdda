// How the dashboard is built: `npx vite build manager/web` writes manager/web/dist, which the manager
// serves. Invariant: no page costs more than PAGE_BUDGET_BYTES gzipped, else the build fails; nothing
// is inlined as script or data URL, so the page runs under `default-src 'self'`.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { fontLicences } from './font-licences.ts';
import { pageBudget } from './page-budget.ts';

const PAGE_BUDGET_BYTES = 300_000;

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), fontLicences(), pageBudget(PAGE_BUDGET_BYTES)],
  build: {
    target: 'es2023',
    // light-dark() as it is: the three engines have it since early 2024.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
  },
  // `npx vite manager/web` beside a running `netmoth up`.
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8470', ws: true } } },
});
