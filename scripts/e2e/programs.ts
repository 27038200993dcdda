// Builds the Kubernetes programs where they are not in the cache: minutes, once.
import { buildPrograms } from '../tests/kubernetes-programs.ts';

await buildPrograms((line) => console.log(`      ${line}`));
