// From a source to a revision in a real object store, which may lose what it had.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { NetmothError } from '#contracts/errors.ts';
import type { Compiler } from './compile/compiler.ts';
import { packName } from './store-names.ts';
import { kName, withMaker } from './testing/maker-bed.ts';

const kRules = 'alert tcp any any -> any any (msg:"x"; content:"x"; sid:1;)\n';
it('a revision that the store has lost is put there again, though its source has not changed', async () => {
  let sent = 0;
  const server = createServer((request, response) => {
    response.setHeader('etag', '"1"');
    if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
    else {
      sent += 1;
      response.end(kRules);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.rules`;
  const source = { http: { url, intervalSeconds: 3_600 } };
  await withMaker(source, {}, async (maker, bus) => {
    await expect.poll(() => maker.result(kName)?.made, { timeout: 30_000 }).toBeDefined();
    const { revision = '', digest = '' } = maker.result(kName)?.made ?? {};
    const looks = maker.controller.counters.reconciles;
    maker.lookAgain();
    await expect.poll(() => maker.controller.counters.reconciles).toBeGreaterThan(looks);
    await expect.poll(() => maker.controller.queue.delayed).toBe(1);
    expect(sent).toBe(1);
    for (const name of [packName(revision), digest]) {
      await bus.remove(name);
      maker.lookAgain();
      await expect.poll(() => bus.has(name), { timeout: 30_000 }).toBe(true);
    }
    expect(maker.result(kName)?.made).toMatchObject({ revision, digest });
  });
  server.close();
});

it('a URL is looked at again after its interval, and what changed is another revision', async () => {
  const versions = [kRules, kRules, kRules.replace('sid:1', 'sid:2')];
  let asked = 0;
  const server = createServer((_request, response) => {
    response.end(versions[Math.min(asked, versions.length - 1)]);
    asked += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.rules`;
  const source = { http: { url } };
  await withMaker(source, { intervalSeconds: 1 }, async (maker) => {
    const revision = () => maker.result(kName)?.made?.revision;
    await expect.poll(revision, { timeout: 30_000 }).toBeDefined();
    const first = revision();
    await expect.poll(revision, { timeout: 30_000 }).not.toBe(first);
    expect(asked).toBeGreaterThanOrEqual(3);
    expect(maker.result(kName)?.problem).toBeUndefined();
  });
  server.closeAllConnections();
  server.close();
});

it('rules that cannot be compiled at all are told, not only logged', async () => {
  const told = 'rules cannot be compiled: it took too long';
  const compile = () => Promise.reject(new NetmothError('NM_RULES_UNCOMPILED', told));
  const compiler = { compile } as unknown as Compiler;
  await withMaker({ inline: { rules: kRules } }, { compiler }, async (maker) => {
    await expect
      .poll(() => maker.result(kName))
      .toMatchObject({
        ...{ generation: 1, problem: { reason: 'CompileFailed', message: told } },
      });
  });
});

it('a list alone is a revision; one without a sound entry is none', async () => {
  const spec = { lists: [{ type: 'domain' }] };
  const list = { inline: { rules: 'evil.example\nno domain!\n' } };
  await withMaker(list, { spec }, async (maker) => {
    await expect
      .poll(() => maker.result(kName), { timeout: 30_000 })
      .toMatchObject({ made: { rules: 0, indicators: 1 }, faultCount: 1 });
  });
  await withMaker({ inline: { rules: 'no domain!\n' } }, { spec }, async (maker) => {
    await expect
      .poll(() => maker.result(kName)?.problem?.reason, { timeout: 30_000 })
      .toBe('NotRules');
  });
});
