// The image as it is assembled here: whole by its digests, nothing in it that does not belong there, and its program
// runs in it with nothing of this machine.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '#testkit/temporary.ts';
import { writeOciArchive } from './oci-archive.ts';
import { filesBelow, kEntrypoint, kHome, kUser, makeRootfs } from './rootfs.ts';

const kRoot = join(import.meta.dirname, '../..');
const directory = temporaryDirectory('netmoth-image-test');
const rootfs = join(directory.path, 'rootfs');
const isRoot = process.getuid?.() === 0;

beforeAll(() => makeRootfs(kRoot, rootfs), 120_000);
afterAll(() => directory[Symbol.dispose]());

describe('what is in it', () => {
  it('is what runs, and neither tests nor tools', () => {
    const files = filesBelow(rootfs);
    const mine = files.filter((file) => file.startsWith(kHome.slice(1)));
    expect(
      mine.filter((file) => /\.test\.ts$|\/src\/testing\/|typescript\/|vitest\//.test(file)),
    ).toEqual([]);
    expect(files.filter((file) => /(^|\/)(sh|bash|apt|dpkg)$/.test(file))).toEqual([]);
    for (const needed of ['cli/bin/netmoth.mjs', 'build/native/netmoth.node', 'sbom.cdx.json']) {
      expect(existsSync(join(rootfs, kHome, needed)), needed).toBe(true);
    }
  });

  it('is listed in its bill of materials, each with a version', () => {
    const bill = JSON.parse(readFileSync(join(rootfs, kHome, 'sbom.cdx.json'), 'utf8'));
    const found = new Map<string, string>(
      bill.components.map(({ name, version }: { name: string; version: string }) => [
        name,
        version,
      ]),
    );
    for (const name of ['fastify', '@nats-io/obj', 'zod']) expect(found.get(name)).toMatch(/^\d/);
    expect([...found.keys()]).not.toContain('vitest');
    expect([...found.values()].every((version) => version !== '')).toBe(true);
  });
});

it('the archive is whole by its digests, and the same folder gives the same image', async () => {
  const small = join(directory.path, 'small');
  mkdirSync(small);
  copyFileSync(join(kRoot, 'package.json'), join(small, 'file'));
  const made: string[] = [];
  for (const round of ['a', 'b']) {
    const work = join(directory.path, round);
    const archive = join(directory.path, `${round}.tar`);
    const image = { rootfs: small, work, archive, name: 'x/y:1', version: '1' };
    made.push(await writeOciArchive({ ...image, entrypoint: kEntrypoint, user: kUser }));
    const index = JSON.parse(readFileSync(join(work, 'index.json'), 'utf8'));
    const manifest = blob(work, index.manifests[0]);
    for (const descriptor of [manifest.config, ...manifest.layers]) {
      blobBytes(work, descriptor);
    }
    expect(blob(work, manifest.config).config).toMatchObject({ User: kUser });
    const listed = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' });
    expect(listed).toContain('oci-layout');
  }
  expect(made[0]).toBe(made[1]);
});

interface Named {
  readonly digest: string;
  readonly size: number;
}
function blobBytes(work: string, { digest, size }: Named): Buffer {
  const bytes = readFileSync(join(work, 'blobs', digest.replace(':', '/')));
  expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(digest);
  expect(bytes.length).toBe(size);
  return bytes;
}
// biome-ignore lint/suspicious/noExplicitAny: a test looks where it knows there is something.
function blob(work: string, descriptor: Named): any {
  return JSON.parse(blobBytes(work, descriptor).toString());
}

describe.skipIf(!isRoot)('in it, as the user of the image', () => {
  const run = (...args: readonly string[]): string =>
    execFileSync(
      '/usr/sbin/chroot',
      [`--userspec=${kUser}:${kUser}`, rootfs, ...kEntrypoint, ...args],
      {
        encoding: 'utf8',
        env: { NODE_ENV: 'production' },
      },
    );

  it('the program reads a capture with the engine', () => {
    copyFileSync(join(kRoot, 'samples/first-look.pcap'), join(rootfs, 'tmp/x.pcap'));
    run('read', '/tmp/x.pcap', '--eve', '/tmp/out.ndjson');
    const lines = readFileSync(join(rootfs, 'tmp/out.ndjson'), 'utf8').trim().split('\n');
    expect(lines.length).toBeGreaterThan(10);
    expect(JSON.parse(lines[0] ?? '')).toHaveProperty('event_type');
  });

  it.each(['sensor', 'operator', 'manager'])('%s starts and explains itself', (part) => {
    expect(run(part, '--help')).toContain('NETMOTH_');
  });
});
