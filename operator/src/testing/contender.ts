// A process that wants to lead and, while it does, writes its name and a growing number as fast as it
// can: what an operator in the middle of its work looks like to the API server.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LeaderElection } from '../runtime/leader-election.ts';
import { CONFIG_MAPS, type KubeObject } from '../runtime/resource.ts';
import { clientOf, kQuietLog, monotonicMs } from './kube-bed.ts';

const { values } = parseArgs({
  options: { kubeconfig: { type: 'string' }, identity: { type: 'string' }, ms: { type: 'string' } },
});
const { kubeconfig = '', identity = '', ms = '2000' } = values;
const client = clientOf(kubeconfig);
const election = new LeaderElection({
  ...{ client, namespace: 'default', name: 'contest', identity, durationMs: Number(ms) },
  ...{ log: kQuietLog, now: monotonicMs, wallNow: () => new Date(), random: Math.random },
});
const guarded = client.guarded(election.writeBudgetMs);
let count = 0;

const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
await election.run(async (signal) => {
  while (!signal.aborted) {
    count += 1;
    const written = {
      metadata: { namespace: 'default', name: 'board' },
      data: { identity, n: `${count}` },
    };
    await guarded.apply(CONFIG_MAPS, written as KubeObject, { signal }).catch(() => sleep(10));
  }
}, stop.signal);
process.exit(0);
