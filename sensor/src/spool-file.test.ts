// Names and contents of batch files.
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '#testkit/temporary.ts';
import {
  diskBytes,
  type FileMeta,
  fileName,
  parseFileName,
  readBatchFile,
  writeBatchFile,
} from './spool-file.ts';

const body = Buffer.from('the compressed lines');
const meta: FileMeta = {
  ...{ seq: 7, eventClass: 'alert', count: 3, schema: 1 },
  ...{ bodyBytes: body.length, msgId: randomUUID() },
};

test('a name tells everything of a batch; foreign names tell nothing', () => {
  expect(parseFileName(fileName(meta))).toEqual(meta);
  for (const name of [
    'note.txt',
    '1-alert-1-1-1-x.batch',
    fileName(meta).replace('alert', 'odd'),
  ]) {
    expect(parseFileName(name)).toBeUndefined();
  }
});

test('any changed byte or lost end is found', async () => {
  using directory = temporaryDirectory('netmoth-spool');
  await writeBatchFile(directory.path, meta, { body, fsync: true });
  expect(Buffer.from((await readBatchFile(directory.path, meta)) ?? [])).toEqual(body);
  const path = `${directory.path}/${fileName(meta)}`;
  const whole = readFileSync(path);
  for (let at = 0; at < whole.length; at += 1) {
    const changed = Buffer.from(whole);
    changed.writeUInt8(changed.readUInt8(at) ^ 0x10, at);
    writeFileSync(path, changed);
    expect(await readBatchFile(directory.path, meta)).toBeUndefined();
    writeFileSync(path, whole.subarray(0, at));
    expect(await readBatchFile(directory.path, meta)).toBeUndefined();
  }
  writeFileSync(path, whole);
  expect(await readBatchFile(directory.path, { ...meta, count: 4 }).catch(() => 'other name')).toBe(
    'other name',
  );
});

test('a file counts in whole blocks', () => {
  expect([1, 4_088, 4_089].map(diskBytes)).toEqual([4_096, 4_096, 8_192]);
});
