// A Vite plugin that weighs each page as a browser loads it: entry, its static imports, the page's own
// chunk with its imports, their style sheets, and every font. Invariant: a page over budget fails the
// build; the figure counted is what travels (gzip for text, as is for woff2).
import { gzipSync } from 'node:zlib';
import type { Plugin, Rolldown } from 'vite';

type Bundle = Rolldown.OutputBundle;

/** Files that loading `name` makes the browser fetch: itself, its static imports, their CSS. */
function closure(bundle: Bundle, name: string, seen = new Set<string>()): Set<string> {
  const item = bundle[name];
  if (item === undefined || seen.has(name)) return seen;
  seen.add(name);
  if (item.type !== 'chunk') return seen;
  for (const css of item.viteMetadata?.importedCss ?? []) seen.add(css);
  for (const next of item.imports) closure(bundle, next, seen);
  return seen;
}

function weightBytes(bundle: Bundle, name: string): number {
  const item = bundle[name];
  if (item === undefined) return 0;
  const body = Buffer.from(item.type === 'chunk' ? item.code : item.source);
  return name.endsWith('.woff2') ? body.byteLength : gzipSync(body).byteLength;
}

/** Page name → bytes on the wire at a first visit. */
export function pageWeights(bundle: Bundle): Map<string, number> {
  const entry = Object.values(bundle).find((item) => item.type === 'chunk' && item.isEntry);
  if (entry?.type !== 'chunk') return new Map();
  const always = closure(bundle, entry.fileName);
  for (const name of Object.keys(bundle)) if (name.endsWith('.woff2')) always.add(name);
  const pages = entry.dynamicImports.length > 0 ? entry.dynamicImports : [entry.fileName];
  return new Map(
    pages.map((page) => {
      const files = closure(bundle, page, new Set(always));
      for (const file of closure(bundle, page)) files.add(file);
      const total = [...files].reduce((sum, file) => sum + weightBytes(bundle, file), 0);
      return [page, total];
    }),
  );
}

export function pageBudget(limitBytes: number): Plugin {
  return {
    name: 'netmoth-page-budget',
    apply: 'build',
    writeBundle(_options, bundle) {
      const weights = pageWeights(bundle);
      if (weights.size === 0) this.error('page budget: no page found to weigh');
      const heaviest = [...weights].sort((a, b) => b[1] - a[1]);
      for (const [page, bytes] of heaviest) {
        const line = `${page}: ${(bytes / 1000).toFixed(1)} kB gzip at a first visit`;
        if (bytes > limitBytes) this.error(`${line}, over the budget of ${limitBytes / 1000} kB`);
      }
      const [page, bytes] = heaviest[0] ?? ['', 0];
      this.info(
        `heaviest of ${weights.size} pages ${page}: ${(bytes / 1000).toFixed(1)} kB gzip, ` +
          `budget ${limitBytes / 1000} kB`,
      );
    },
  };
}
