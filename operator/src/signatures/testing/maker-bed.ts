/** A RevisionMaker for one set over a real NATS, for tests alone. */
import { pino } from 'pino';
import { expect } from 'vitest';
import type { SignatureSet } from '#crds/kinds.ts';
import { signatureSetSpecSchema } from '#crds/signature-set.ts';
import { startTestNats } from '#testkit/nats.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { Informer } from '../../runtime/informer.ts';
import { Compiler } from '../compile/compiler.ts';
import { RevisionMaker, type RevisionMakerOptions } from '../revision-maker.ts';
import { SignatureBus } from '../signature-bus.ts';

export const kName = 'base';
const log = pino({ level: 'silent' });

/** Runs a maker for one set; what it waits for NATS with is over when `work` begins. */
export async function withMaker(
  source: object,
  more: Partial<RevisionMakerOptions> & { spec?: object; intervalSeconds?: number },
  work: (maker: RevisionMaker, bus: SignatureBus) => Promise<void>,
): Promise<void> {
  await using nats = await startTestNats();
  const { spec, intervalSeconds, ...options } = more;
  const set: SignatureSet = {
    metadata: { name: kName, generation: 1 },
    spec: signatureSetSpecSchema.parse({ source, ...spec }),
  } as SignatureSet;
  const { http } = set.spec.source;
  // Sooner than the schema of the API lets anybody ask for.
  if (http !== undefined && intervalSeconds !== undefined) http.intervalSeconds = intervalSeconds;
  const sets = {
    get: () => set,
    keys: () => [kName].values(),
    onChange: () => () => undefined,
  } as unknown as Informer<SignatureSet, SignatureSet>;
  const bus = new SignatureBus({
    ...{ servers: [nats.url], replicas: 1, identity: 'me', log, random: () => 0 },
    ...{ writeBudgetMs: () => 60_000, onReady: () => undefined },
  });
  const maker = new RevisionMaker({
    ...{ client: {} as ApiClient, sets, bus, compiler: new Compiler(), fetch: globalThis.fetch },
    ...{ namespace: 'netmoth-system', log, random: () => 0, wallNow: () => new Date() },
    ...{ onResult: () => undefined, ...options },
  });
  const stop = new AbortController();
  const running = [bus.run(stop.signal)];
  try {
    await expect.poll(() => bus.ready, { timeout: 20_000 }).toBe(true);
    running.push(maker.run(stop.signal));
    await work(maker, bus);
  } finally {
    stop.abort();
    await Promise.all(running);
  }
}
