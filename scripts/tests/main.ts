// Runs the layers in order and closes with one line, "N passed, M failed". Invariants: every layer named
// runs even when an earlier one failed; a layer that throws has failed; the closing line is the last.
import { parseArgs } from 'node:util';
import { cppFormatLayer, generatedLayer, importsLayer, lintLayer, typesLayer } from './checks.ts';
import { cppLayer } from './cpp.ts';
import { callgrindLayer, memoryLayer, sameEventsLayer } from './engine.ts';
import { fuzzLayer } from './fuzz.ts';
import { type Layer, type LayerOptions, type LayerResult, single, sum } from './layer.ts';
import { tidyLayer } from './tidy.ts';
import { kubernetesLayer, vitestLayer, webLayer } from './vitest.ts';

const kLayers: readonly Layer[] = [
  typesLayer,
  lintLayer,
  cppFormatLayer,
  importsLayer,
  generatedLayer,
  cppLayer,
  tidyLayer,
  fuzzLayer,
  sameEventsLayer,
  callgrindLayer,
  memoryLayer,
  vitestLayer,
  kubernetesLayer,
  webLayer,
];
const kUsage = `Usage: npm test [-- [--only LAYER[,LAYER…]] [--fuzz-seconds N] [FILTER…]]
Layers: ${kLayers.map(({ name }) => name).join(', ')}
Filters choose tests within the layers, e.g. npm test -- --only vitest manager/src/store`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    'fuzz-seconds': { type: 'string', default: '15' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const names = values.only?.split(',') ?? kLayers.map(({ name }) => name);
const unknown = names.filter((name) => kLayers.every((layer) => layer.name !== name));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`no such layer: ${unknown.join(', ')}`);
  console.log(kUsage);
  process.exitCode = values.help ? 0 : 64;
} else {
  const options = { filters: positionals, fuzzSeconds: Number(values['fuzz-seconds']) };
  const layers = kLayers.filter(({ name }) => names.includes(name));
  process.exitCode = await runLayers(layers, options);
}

async function runLayers(layers: readonly Layer[], options: LayerOptions): Promise<number> {
  const rows: { line: string; result: LayerResult }[] = [];
  for (const layer of layers) {
    console.log(`\n== ${layer.name}: ${layer.title}`);
    const started = Date.now();
    const result = await layer.run(options).catch((error: unknown) => {
      console.log(error instanceof Error ? error.stack : error);
      return single(`${layer.name} could not run`, false);
    });
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    const { passed, failed, skipped } = result;
    const counts = `${passed} passed, ${failed} failed, ${skipped.length} skipped`;
    const line = `${failed === 0 ? 'ok  ' : 'FAIL'} ${layer.name.padEnd(12)}${counts} (${seconds} s)`;
    rows.push({ line, result });
    console.log(`   ${line}`);
    for (const note of result.notes) console.log(`        ${note}`);
  }
  const total = sum(rows.map(({ result }) => result));
  console.log('\n== summary');
  for (const { line } of rows) console.log(`   ${line}`);
  for (const note of total.notes.filter((text) => text.includes('coverage')))
    console.log(`   ${note}`);
  for (const skipped of total.skipped) console.log(`   skipped: ${skipped}`);
  for (const failure of total.failures) console.log(`   failed: ${failure}`);
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}
