// The dashboard, manager/web/dist. Invariant: it is rebuilt when its sources, the contracts or the
// locked packages change.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { contentHash, stampedHash, stampHash } from './content-hash.mjs';
import { kNode, kRoot } from './paths.mjs';
import { SetupError } from './step-runner.mjs';

const kPage = join(kRoot, 'manager/web/dist/index.html');
const kNotSources = /\/(dist|node_modules|artefacts)$|\.test\.tsx?$/;

export function webStep() {
  return {
    name: 'web',
    title: 'the dashboard',
    needs: ['npm'],
    fresh: () => existsSync(kPage) && stampedHash('web') === sourceHash(),
    async run({ say, exec }) {
      if (!existsSync(join(kRoot, 'manager/web'))) {
        throw new SetupError('manager/web is missing: this is not a whole clone');
      }
      const hash = sourceHash();
      say('building the page');
      await exec(kNode, [join(kRoot, 'node_modules/vite/bin/vite.js'), 'build', 'manager/web'], {
        env: { NODE_ENV: 'production' },
      });
      if (!existsSync(kPage)) throw new SetupError('the build made no manager/web/dist/index.html');
      stampHash('web', hash);
    },
  };
}

function sourceHash() {
  return contentHash(['manager/web', 'contracts/src', 'package-lock.json'], kNotSources);
}
