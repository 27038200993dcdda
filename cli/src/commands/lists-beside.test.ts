/** Which files rules may name. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ListsBeside } from './lists-beside.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmoth-lists-'));
  await mkdir(join(folder, 'rules', 'lists'), { recursive: true });
  await writeFile(join(folder, 'outside'), 'secret');
  await writeFile(join(folder, 'rules', 'lists', 'in'), 'listed');
  await symlink(join(folder, 'outside'), join(folder, 'rules', 'link'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('beside the rules or below, and nowhere else', () => {
  const lists = new ListsBeside();
  lists.allow('a.rules', join(folder, 'rules', 'a.rules'));
  expect(lists.text('lists/in', 'a.rules')).toBe('listed');
  expect(lists.text('lists/in', 'b.rules')).toBeUndefined();
  for (const name of ['../outside', join(folder, 'outside'), 'link', 'none', 'lists', '']) {
    expect(lists.text(name, 'a.rules'), name).toBeUndefined();
  }
  expect([...lists.files()].map(([, bytes]) => bytes.toString())).toEqual(['listed']);
});
