// Sets merged over a real object store, which may lose what it had.
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { signatureSetSpecSchema } from '#crds/signature-set.ts';
import { startTestNats } from '#testkit/nats.ts';
import { BundleBook, type NamedPart } from './bundle-book.ts';
import { Compiler } from './compile/compiler.ts';
import { packedBytes, revisionName, rulePack } from './compile/rule-pack.ts';
import { SignatureBus } from './signature-bus.ts';
import { packName } from './store-names.ts';

it('a combination is made once, and again only where the store has lost it', async () => {
  await using nats = await startTestNats();
  const log = pino({ level: 'silent' });
  const bus = new SignatureBus({
    ...{ servers: [nats.url], replicas: 1, identity: 'me', log, random: () => 0 },
    ...{ writeBudgetMs: () => 60_000, onReady: () => undefined },
  });
  const stop = new AbortController();
  const { signal } = stop;
  const running = bus.run(signal);
  await expect.poll(() => bus.ready, { timeout: 20_000 }).toBe(true);
  const parts: NamedPart[] = [];
  for (const [place, set] of ['one', 'two'].entries()) {
    const text = `alert tcp any any -> any any (msg:"x"; content:"x"; sid:${place + 1};)`;
    const spec = signatureSetSpecSchema.parse({ source: { inline: { rules: text } } });
    const pack = rulePack([{ name: 'a.rules', text }], spec);
    const revision = revisionName(pack);
    await bus.put(packName(revision), packedBytes(pack));
    parts.push({ set, revision, digest: '' });
  }
  const compiler = new Compiler();
  const now = (): number => performance.now();
  const book = new BundleBook({ bus, compiler, log, now, signal, onMade: () => undefined });
  const merged = async () => {
    await expect.poll(() => book.bundle(parts), { timeout: 30_000 }).toBeDefined();
    return book.bundle(parts);
  };
  const first = await merged();
  await book.recheck();
  expect(book.bundle(parts)).toEqual(first);
  await bus.remove(first?.digest ?? '');
  await book.recheck();
  expect(await merged()).toEqual(first);
  expect(await bus.has(first?.digest ?? '')).toBe(true);
  expect(compiler.jobs).toBe(2);
  stop.abort();
  await running;
});
