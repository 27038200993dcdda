// The chart on a real node, as a new user would: installed by helm, a sensor and signatures by kubectl, traffic of a
// pod, its alert in PostgreSQL, the sensor killed. Invariants: everything asserted is read from Kubernetes or from
// PostgreSQL, nothing from ourselves; the closing line is "N passed, M failed".
import { checkNoApi, checkRollOuts, checkUpdates } from './changes.ts';
import { diagnose } from './diagnosis.ts';
import { installNetmoth } from './installation.ts';
import { checkHealing, checkSensing } from './sensing.ts';
import { startSteps } from './steps.ts';
import { startWorld, type World } from './world.ts';

const [folder = ''] = process.argv.slice(2);
const steps = startSteps((line) => console.log(line));
let world: World | undefined;
try {
  world = await startWorld(folder, steps);
  await installNetmoth(world, steps);
  const seen = await checkSensing(world, steps);
  await checkHealing(world, seen, steps);
  await checkNoApi(world, steps);
  await checkUpdates(world, steps);
  await checkRollOuts(world, steps);
  console.log(`\n${steps.passed} passed, 0 failed`);
} catch (error) {
  console.log(error instanceof Error ? error.stack : error);
  if (error instanceof Error && error.cause !== undefined) console.log('cause:', error.cause);
  if (world !== undefined) console.log(await diagnose(world));
  console.log(`\n${steps.passed} passed, 1 failed`);
  process.exitCode = 1;
}
// The namespaces end with this process, and everything in them.
process.exit();
