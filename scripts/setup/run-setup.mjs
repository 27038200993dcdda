// Runs the set-up steps in the order of their needs, at most as parallel as they allow. Invariants: one
// set-up at a time in a clone (the second waits), no output for steps that are fresh, and a failed step
// ends the set-up once the running ones have finished.
import { aptStep } from './apt.mjs';
import { lockSetup } from './lock.mjs';
import { nativeStep } from './native.mjs';
import { natsServerStep } from './nats-server.mjs';
import { npmStep } from './npm-packages.mjs';
import { kRoot } from './paths.mjs';
import { promtoolStep } from './promtool.mjs';
import { SetupError, StepRunner } from './step-runner.mjs';
import { webStep } from './web.mjs';

export { SetupError };

const kMinimumNodeMajor = 20;
const kRounds = 2;

/** @param {{ tests: boolean, node?: boolean }} wanted Whether what tests and a real Kubernetes node need is wanted too. */
export async function runSetup(wanted) {
  const started = Date.now();
  const major = Number(process.versions.node.split('.')[0]);
  if (major < kMinimumNodeMajor) {
    throw new SetupError(
      `Node ${kMinimumNodeMajor} or later is needed; this is ${process.version}`,
    );
  }
  if (stale(allSteps(wanted)).length === 0) return;
  const unlock = await lockSetup();
  try {
    await runStale(wanted);
    console.log(`setup  complete after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  } finally {
    unlock();
  }
}

/** A step may make another one stale (new packages, a new header), hence the second round. */
async function runStale(wanted) {
  for (let round = 0; round < kRounds; round += 1) {
    const steps = stale(allSteps(wanted));
    if (steps.length === 0) return;
    console.log(`setup  Netmoth in ${kRoot}: ${steps.map((step) => step.title).join(', ')}`);
    await new StepRunner(steps).run();
  }
  const left = stale(allSteps(wanted)).map((step) => step.title);
  if (left.length > 0) throw new SetupError(`still not complete: ${left.join(', ')}`);
}

function allSteps(wanted) {
  const forTests = wanted.tests ? [promtoolStep()] : [];
  return [aptStep(wanted), npmStep(), natsServerStep(), nativeStep(), webStep(), ...forTests];
}

function stale(steps) {
  return steps.filter((step) => !step.fresh());
}
