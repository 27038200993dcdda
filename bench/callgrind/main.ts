/**
 * Counts the engine's instructions per packet and compares them with bench/callgrind/baseline.json.
 *
 *     node bench/callgrind/main.ts [--write]
 *
 * --write keeps the figures as those of this compiler: after a change that won some, or one whose
 * price is worth it (say so in the commit). Ends with status 1 where a count has grown by 3 %.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BASELINE, compiler, countInstructions, readBaseline, regressions } from './measure.ts';

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const now = countInstructions();
const all = existsSync(BASELINE) ? readBaseline() : {};
const before = all[compiler()] ?? {};
for (const [name, count] of Object.entries(now)) {
  console.log(`${name.padEnd(20)}${String(before[name] ?? '-').padStart(10)} → ${count}`);
}
if (values.write) {
  writeFileSync(BASELINE, `${JSON.stringify({ ...all, [compiler()]: now }, undefined, 2)}\n`);
} else {
  const faults = regressions(before, now);
  for (const fault of faults) console.log(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
