/**
 * How well the decision table tells kinds of traffic: flows of captures that nDPI has labelled.
 *
 *     node bench/traffic-type/main.ts [--split dev|eval|all] [--show] [--conformance DIR] [--markdown]
 *
 * Captures are split by a hash of their names: the table is written looking at `dev` alone, `eval` is
 * what it never saw and what the figure in docs/enrichment.md is of. --show lists what went wrong (dev
 * only). Ends with status 1 where macro F1 over the kinds present is below 0.8.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { trafficType } from '#manager/enrich/traffic-type.ts';
import { confusion, type Judged } from './confusion.ts';
import { labelledFlows, type Split } from './labelled-flows.ts';

const { values } = parseArgs({
  options: {
    split: { type: 'string', default: 'eval' },
    show: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    conformance: {
      type: 'string',
      default: join(import.meta.dirname, '../../../shared/conformance'),
    },
  },
});
const kWanted = 0.8;
const split: Split | 'all' =
  values.split === 'dev' || values.split === 'all' ? values.split : 'eval';
const judged: Judged[] = [];
for (const { capture, application, truth, facts } of labelledFlows(values.conformance, split)) {
  const { type: told, rule } = trafficType(facts);
  judged.push({ truth, told });
  if (values.show && split === 'dev' && truth !== told) {
    const about = `${facts.domain} ${facts.appProto} ${facts.category} ${facts.proto} ${facts.destPort}`;
    console.log(`${capture}  ${application}: ${told} by ${rule}  ${about}`);
  }
}
const { text, macroF1 } = confusion(judged, values.markdown);
console.log(text);
console.log(`${judged.length} flows, split ${split}, macro F1 ${macroF1.toFixed(3)}`);
process.exitCode = macroF1 >= kWanted ? 0 : 1;
