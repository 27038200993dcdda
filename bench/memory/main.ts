/**
 * Memory of a worker with everything full, beside what its configuration says.
 *
 *     node bench/memory/main.ts [--flows 100000,1000000,4000000]
 *
 * Ends with status 1 where they differ by more than a tenth, or a part is beyond its bound.
 */
import { parseArgs } from 'node:util';
import { difference, fillWorker, memoryFaults, PARTS } from './measure.ts';

const { values } = parseArgs({
  options: { flows: { type: 'string', default: '100000,1000000,4000000' } },
});
const mib = (octets: number) => (octets / 2 ** 20).toFixed(1);
for (const flows of values.flows.split(',').map(Number)) {
  const measured = fillWorker(flows);
  const percent = (difference(measured) * 100).toFixed(1);
  console.log(
    `${flows} flows: ${mib(measured.grown)} MiB, by the configuration ${mib(measured.model)} MiB (${percent} %)`,
  );
  for (const name of PARTS) {
    const { held, model } = measured[name];
    console.log(`  ${name.padEnd(12)}${mib(held).padStart(8)} of ${mib(model)} MiB`);
  }
  const faults = memoryFaults(flows, measured);
  for (const fault of faults) console.log(fault);
  if (faults.length > 0) process.exitCode = 1;
}
