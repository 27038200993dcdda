import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DATA_DIR_VERSION, dataDirPaths, openDataDir } from './data-dir.ts';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'netmoth-data-dir-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

test('directory and secrets are for their owner alone, secrets stay the same', () => {
  const root = join(parent, 'a', 'b');
  const first = openDataDir(root);
  const secret = first.secret('nats-password');
  expect(secret).toMatch(/^[\w-]{32}$/);
  expect(mode(root)).toBe('700');
  expect(mode(join(first.secrets, 'nats-password'))).toBe('600');
  first.release();
  const second = openDataDir(root);
  expect(second.secret('nats-password')).toBe(secret);
  second.release();
});

test('the first password is the same at every start until it was told', () => {
  const first = openDataDir(parent);
  const password = first.firstPassword();
  expect(password).toMatch(/^[a-zA-Z2-9]{20}$/);
  first.release();
  const second = openDataDir(parent);
  expect(second.firstPassword()).toBe(password);
  second.firstPasswordTold();
  expect(second.firstPassword()).toBeUndefined();
  expect(() => statSync(dataDirPaths(parent).firstPasswordFile)).toThrow('ENOENT');
  second.release();
});

test('a directory of a newer version is refused before anything in it is touched', () => {
  const paths = dataDirPaths(parent);
  writeFileSync(paths.version, `${DATA_DIR_VERSION + 1}\n`);
  expect(() => openDataDir(parent)).toThrow(
    expect.objectContaining({
      code: 'NM_DATA_DIR_NEWER',
      message: expect.stringContaining(parent),
    }),
  );
  expect(() => statSync(paths.lock)).toThrow('ENOENT');
});

test('a version file that holds no number is not taken for ours', () => {
  writeFileSync(join(parent, 'version'), 'hello');
  expect(() => openDataDir(parent)).toThrow(
    expect.objectContaining({ code: 'NM_DATA_DIR_UNUSABLE' }),
  );
});

test('the lock of a process that is gone, or that is no netmoth, is taken over', () => {
  const paths = dataDirPaths(parent);
  writeFileSync(paths.lock, '4194304');
  openDataDir(parent).release();
  writeFileSync(paths.lock, '1');
  const dir = openDataDir(parent);
  expect(readFileSync(paths.lock, 'utf8')).toBe(String(process.pid));
  dir.release();
  expect(() => statSync(paths.lock)).toThrow('ENOENT');
});

test('a path below a file is refused with what to do', () => {
  const file = join(parent, 'file');
  writeFileSync(file, '');
  expect(() => openDataDir(join(file, 'x'))).toThrow(
    expect.objectContaining({
      code: 'NM_DATA_DIR_UNUSABLE',
      message: expect.stringMatching(/ENOTDIR.*--data-dir/),
    }),
  );
});
