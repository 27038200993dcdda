// Lists of trackers: what is read of each form, and what is said of those that give nothing.
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { domainsOf, TrackerBook } from './tracker-book.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmoth-trackers-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('of filters whole domains are read, of plain lists and hosts files names', () => {
  const filters = [
    ...['[Adblock Plus 2.0]', '! title', '||a.example^', '||b.example^$third-party'],
    ...['||c.example^$domain=d.example', 'banner.gif', '@@||e.example^', '/ads/*'],
  ];
  expect(domainsOf(filters.join('\n'))).toEqual(['a.example', 'b.example']);
  const plain = ['# title', 'A.example', 'b.example. # why', 'localhost', '', '10.0.0.1'];
  const hosts = ['127.0.0.1 localhost', '0.0.0.0 c.example', '::1 ip6-localhost', '<p>'];
  expect(domainsOf([...plain, ...hosts].join('\r\n'))).toEqual([
    ...['a.example', 'b.example', 'c.example'],
  ]);
});

test('a list that is missing or empty is told once, and once when it is well again', async () => {
  const told: string[] = [];
  const say = (fields: object, message: string): void => {
    told.push(`${message}: ${'reason' in fields ? fields.reason : ''}`);
  };
  const file = join(folder, 'list.txt');
  const book = new TrackerBook([file], { warn: say, info: say } as never);
  await Promise.all([book.refresh(), book.refresh()]);
  await book.refresh();
  expect(told).toEqual([expect.stringContaining('ENOENT')]);
  await writeFile(file, 'nothing that is a name');
  await book.refresh();
  await book.refresh();
  expect(told.slice(1)).toEqual([expect.stringContaining('no name is in it')]);
  await writeFile(file, 'trk.example');
  await utimes(file, 1, 1);
  await book.refresh();
  await book.refresh();
  expect(told.slice(2)).toEqual([expect.stringContaining('read again')]);
  expect(book.of('www.trk.example')).toMatchObject({ category: 'advertising' });
  await rm(file);
  await book.refresh();
  expect(told).toHaveLength(4);
  expect(book.of('trk.example')).toBeDefined();
});
