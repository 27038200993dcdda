// A Vite plugin that puts the licences of the bundled type faces (SIL OFL 1.1) beside them, as that
// licence asks of whoever passes them on.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const FACES = ['geist', 'geist-mono'];

export function fontLicences(): Plugin {
  return {
    name: 'netmoth-font-licences',
    apply: 'build',
    generateBundle() {
      const modules = join(import.meta.dirname, '../../node_modules/@fontsource-variable');
      for (const face of FACES) {
        this.emitFile({
          type: 'asset',
          fileName: `licences/${face}.txt`,
          source: readFileSync(join(modules, face, 'LICENSE')),
        });
      }
    },
  };
}
