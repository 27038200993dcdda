import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeElephant } from './captures.ts';

test('an elephant is one connection whose octets follow each other, the same bytes every time', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netmoth-elephant-'));
  try {
    const paths = [join(folder, 'a.pcap'), join(folder, 'b.pcap')];
    for (const path of paths) writeElephant(path, 4);
    const [one, two] = paths.map((path) => readFileSync(path));
    expect(one).toEqual(two);
    // 24 of the file, the handshake of 3, 4 segments and 2 acknowledgments.
    expect(one?.length).toBe(24 + 9 * (16 + 54) + 4 * 1448);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
