/**
 * Indicator lists of a million entries: what compiling, loading and looking up costs.
 *
 *     node bench/lists/main.ts [--entries 1000000] [--kinds domain,ipv4,ipv6,file-sha256,url]
 *
 * Lists are made by a fixed seed, compiled as `netmoth rules compile --list` does (CPU-seconds of the
 * whole process, its threads included), and the bundle is handed to `netmoth_bench lists`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compileSources } from '../../cli/src/commands/compile-sources.ts';
import { buildEngineBench } from '../engine/build.ts';

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '1000000' },
    kinds: { type: 'string', default: 'domain,ipv4,ipv6,file-sha256,url' },
  },
});

/** Numbers below a bound, the same in every run (a linear congruential generator). */
function numbers(): (bound: number) => number {
  let state = 7;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

const below = numbers();
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const word = (letters: number) =>
  Array.from({ length: letters }, () => LETTERS[below(LETTERS.length)]).join('');
const hex = (digits: number) =>
  Array.from({ length: digits }, () => below(16).toString(16)).join('');
const TOPS = ['com', 'net', 'org', 'xyz', 'top', 'ru', 'cn', 'info', 'co.uk', 'de'];
const domain = () =>
  `${below(3) === 0 ? `${word(3 + below(8))}.` : ''}${word(5 + below(14))}.${TOPS[below(TOPS.length)]}`;

const MAKERS: Readonly<Record<string, () => string>> = {
  domain,
  ipv4: () => [1 + below(223), below(256), below(256), below(256)].join('.'),
  ipv6: () => `2a0${below(16).toString(16)}:${hex(4)}:${hex(4)}:${hex(4)}::${hex(4)}:${hex(4)}`,
  'file-sha256': () => hex(64),
  url: () => `http://${domain()}/${word(3 + below(20))}`,
};

const program = buildEngineBench();
const folder = mkdtempSync(join(tmpdir(), 'netmoth-bench-lists-'));
try {
  for (const kind of values.kinds.split(',')) {
    const make = MAKERS[kind];
    if (make === undefined) throw new Error(`no kind ${kind}`);
    const list = join(folder, `${kind}.txt`);
    const lines = Array.from({ length: Number(values.entries) }, make);
    writeFileSync(list, `${lines.join('\n')}\n`);
    const before = process.cpuUsage();
    const { bytes, lists } = await compileSources([], [list], { var: [] });
    const { user, system } = process.cpuUsage(before);
    const [summary] = lists.summaries;
    console.log(
      `${kind}: ${summary?.entries} entries, ${summary?.failed} refused, compiled in ${((user + system) / 1e6).toFixed(2)} CPU-seconds`,
    );
    const bundle = join(folder, `${kind}.bundle`);
    writeFileSync(bundle, bytes);
    execFileSync(program, ['lists', bundle], { stdio: 'inherit' });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
