// Sources that nobody should write, off a real server into a real object store: what is wrong is told with its place,
// memory stays bounded, and the revision that was made before stays where nodes find it.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signatureSetSpecSchema } from '#crds/signature-set.ts';
import { compileParts } from './compile/compile-packs.ts';
import { MAX_SOURCE_BYTES, rulePack } from './compile/rule-pack.ts';
import type { SourceResult } from './revision-maker.ts';
import { packName } from './store-names.ts';
import { kName, withMaker } from './testing/maker-bed.ts';

const MiB = 1024 * 1024;
const kSound = 'alert tcp any any -> any any (msg:"sound"; content:"x"; sid:1;)\n';
const kLong = `alert ip any any -> any any (content:"${'a'.repeat(MiB)}"; sid:2;)\n`;
const kSlow = 'alert tcp any any -> any any (msg:"s"; content:"a"; pcre:"/^(a+)+$/"; sid:3;)\n';
const kBits = Array.from(
  { length: 100_000 },
  (_, at) =>
    `alert udp any any -> any any (msg:"m"; flowbits:set,b${at}; noalert; sid:${at + 10};)\n`,
).join('');
const kGarbage = Buffer.from(
  Array.from({ length: MiB }, (_, at) => (Math.imul(at, 2_654_435_761) >>> 13) & 0xff),
);

/** The source now. */
let answer: (response: ServerResponse) => void = (response) => response.end(kSound);
const server = createServer((_request, response) => answer(response));
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.rules`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
const source = () => ({ http: { url, intervalSeconds: 3_600 } });

/** A bundle where rules should be. */
function bundle(change: (bytes: Buffer) => Buffer): Buffer {
  const spec = signatureSetSpecSchema.parse({ source: { inline: { rules: 'x' } } });
  const pack = rulePack([{ name: 'a.rules', text: kSound }], spec);
  return change(Buffer.from(compileParts([{ set: 's', pack }]).bytes));
}
const set = (at: number, value: number) => (bytes: Buffer) => {
  bytes[at] = value;
  return bytes;
};

/** Most that was taken of a gigabyte before it was refused. */
let taken = 0;
function gigabyte(response: ServerResponse): void {
  let sent = 0;
  const chunk = Buffer.alloc(MiB, kSound);
  let open = true;
  response.on('close', () => {
    open = false;
  });
  const more = (): void => {
    if (!open || sent >= 1_024 * MiB) return void response.end();
    sent += chunk.length;
    taken = Math.max(taken, sent);
    response.write(chunk, () => setImmediate(more));
  };
  more();
}

type Refusal = readonly [reason: string, message: RegExp, fault?: object];
const kNoRules = /not one of \d+ rules compiles/;
const kBad: readonly (readonly [string, (response: ServerResponse) => void, Refusal])[] = [
  ['a gigabyte', gigabyte, ['SourceTooLarge', /larger than 48 MB/]],
  [
    'a content of a megabyte',
    (response) => response.end(kLong),
    ['NotRules', kNoRules, { file: 'a.rules', line: 1, reason: expect.stringMatching(/65536/) }],
  ],
  [
    'one of many rules that is too long',
    (response) => response.end(kSound + kLong),
    ['TooManyFaults', /1 of 2 rules/, { file: 'a.rules', line: 2 }],
  ],
  ['octets that mean nothing', (response) => response.end(kGarbage), ['NotRules', /rules/]],
  ['a bundle', (response) => response.end(bundle((all) => all)), ['NotRules', /rules/]],
  [
    'a bundle of a newer version',
    (response) => response.end(bundle(set(8, 99))),
    ['NotRules', /rules/],
  ],
  [
    'a bundle that is cut',
    (response) => response.end(bundle((all) => all.subarray(0, -10))),
    ['NotRules', /rules/],
  ],
  [
    'a bundle that was altered',
    (response) => response.end(bundle(set(200, 1))),
    ['NotRules', /rules/],
  ],
];

it('each is refused with reason and place, and what was made before stays', {
  timeout: 180_000,
}, async () => {
  await withMaker(source(), {}, async (maker, bus) => {
    const looked = async (holds: (result: SourceResult | undefined) => boolean) => {
      maker.lookAgain();
      const poll = expect.poll(() => holds(maker.result(kName)), { timeout: 60_000 });
      await poll.toBe(true);
      return maker.result(kName);
    };
    const { made } = (await looked((result) => result?.made !== undefined)) ?? {};
    const before = process.memoryUsage().rss;
    for (const [what, handler, [reason, message, fault]] of kBad) {
      answer = handler;
      const result = await looked((now) => now?.problem !== undefined);
      expect(result?.problem, what).toMatchObject({
        ...{ reason, message: expect.stringMatching(message) },
      });
      if (fault !== undefined) expect(result?.faults?.[0], what).toMatchObject(fault);
      expect(await bus.has(made?.digest ?? ''), what).toBe(true);
      expect(await bus.has(packName(made?.revision ?? '')), what).toBe(true);
      answer = (response) => response.end(kSound);
      const again = await looked((now) => now?.problem === undefined);
      expect(again?.made, what).toMatchObject({ revision: made?.revision });
    }
    // Sockets buffer some of it.
    expect(taken).toBeLessThan(MAX_SOURCE_BYTES + 32 * MiB);
    expect(process.memoryUsage().rss - before).toBeLessThan(700 * MiB);
  });
});

it('a pcre whose steps double and 100,000 flowbits are rules like others', {
  timeout: 120_000,
}, async () => {
  answer = (response) => response.end(kSound + kSlow + kBits);
  await withMaker(source(), {}, async (maker) => {
    await expect
      .poll(() => maker.result(kName), { timeout: 90_000 })
      .toMatchObject({ made: { rules: 100_002, faults: 0 } });
  });
});

it('a list with a million bad lines: all are counted, the first are told', {
  timeout: 120_000,
}, async () => {
  const list = `192.0.2.1\n${'not an address at all!\n'.repeat(1_000_000)}`;
  answer = (response) => response.end(list);
  const spec = { lists: [{ format: 'plain' }] };
  await withMaker(source(), { spec }, async (maker) => {
    await expect
      .poll(() => maker.result(kName), { timeout: 90_000 })
      .toMatchObject({ made: { indicators: 1 }, faultCount: 1_000_000 });
    const { faults = [] } = maker.result(kName) ?? {};
    expect(faults).toHaveLength(50);
    expect(faults[0]).toMatchObject({ file: 'a.rules', line: 2 });
  });
});
