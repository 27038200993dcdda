/**
 * A generated month of 200 devices with 30 planted incidents: what is found, missed, made up, and how fast.
 *
 *     node bench/analysis/main.ts [--seed N] [--months 3] [--flows 12]
 *
 * --flows: flows of a busy hour of a workstation. Each month has a seed of its own, printed, so that it can be
 * played again.
 */
import { parseArgs } from 'node:util';
import { runMonth } from '#manager/analysis/simulation/run-month.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    months: { type: 'string', default: '1' },
    flows: { type: 'string', default: '12' },
  },
});

for (let month = 0; month < Number(values.months); month++) {
  const startedMs = performance.now();
  const seed = Number(values.seed) + month;
  const result = runMonth(seed, { flowsPerHour: Number(values.flows) });
  const { incidents, missed, falseAlerts, devices, events } = result;
  const seconds = (performance.now() - startedMs) / 1_000;
  const found = incidents.length - missed.length;
  console.log(
    `seed       ${seed}, ${events} events in ${seconds.toFixed(1)} s (${Math.round(events / seconds)}/s, one thread, generator included)`,
  );
  console.log(`recall     ${found} of ${incidents.length} incidents`);
  for (const { name, subject, from } of missed)
    console.log(`MISSED     ${name} of ${subject}, hour ${from}`);
  console.log(
    `false      ${falseAlerts.length} alerts, ${(falseAlerts.length / devices).toFixed(2)} a device and month`,
  );
  for (const [kind, some] of Map.groupBy(falseAlerts, (each) => each.kind)) {
    console.log(
      `           ${String(some.length).padStart(5)} ${kind}, such as: ${some[0]?.summary}`,
    );
  }
}
