/**
 * Trains the small model of traffic-model.ts and measures it against the table:
 *
 *     node bench/traffic-type/model.ts [--conformance DIR] [--flows FILE] [--write FILE]
 *
 * It learns from the captures of the split `dev`, and chooses its margin by leaving out a fifth of these captures at a
 * time; `eval` it never sees before it is judged by it, once. --flows keeps what
 * the engine told of the captures, and takes it from there the next time. --write keeps the model, where it beats the table there
 * and only there.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  NaiveBayes,
  type NaiveBayesFigures,
  type TrafficModel,
  verdictWith,
  wordsOf,
} from '#manager/enrich/traffic-model.ts';
import { trafficType } from '#manager/enrich/traffic-type.ts';
import { confusion } from './confusion.ts';
import { type LabelledFlow, labelledFlows } from './labelled-flows.ts';

const { values } = parseArgs({
  options: {
    write: { type: 'string' },
    flows: { type: 'string' },
    conformance: {
      type: 'string',
      default: join(import.meta.dirname, '../../../shared/conformance'),
    },
  },
});
const kMargins = [0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6];
const kFolds = 5;

const flows = keptFlows(values.flows) ?? [...labelledFlows(values.conformance, 'all')];
if (values.flows !== undefined) writeFileSync(values.flows, JSON.stringify(flows));
const dev = flows.filter(({ split }) => split === 'dev');
const unseen = flows.filter(({ split }) => split === 'eval');
const margin = bestMargin(dev);
const figures = train(dev, margin);
const model = new NaiveBayes(figures);
const sure = new NaiveBayes({ ...figures, margin: -Infinity });

const tableF1 = f1(unseen, () => undefined);
const withModelF1 = f1(unseen, ({ facts }) => verdictWith(model, facts, trafficType(facts)).type);
const aloneF1 = f1(unseen, ({ facts }) => sure.kindOf(facts));
console.log(`trained on ${dev.length} flows, judged by ${unseen.length} of captures it never saw`);
console.log(`margin ${margin}, chosen by ${kFolds} parts of the captures it learns from`);
console.log(`macro F1: table ${tableF1}, table with model ${withModelF1}, model alone ${aloneF1}`);
const beats = withModelF1 > tableF1;
console.log(beats ? 'the model beats the table' : 'the table stands: the model is not used');
if (values.write !== undefined && beats) {
  writeFileSync(values.write, `${JSON.stringify(figures)}\n`);
}

/** What an earlier run of this script wrote. */
function keptFlows(file: string | undefined): readonly LabelledFlow[] | undefined {
  if (file === undefined || !existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')) as readonly LabelledFlow[];
}

/** What `tell` says, the table where it says nothing. */
function f1(of: readonly LabelledFlow[], tell: (flow: LabelledFlow) => string | undefined): number {
  const judged = of.map((flow) => ({
    truth: flow.truth as string,
    told: tell(flow) ?? trafficType(flow.facts).type,
  }));
  return Math.round(confusion(judged, false).macroF1 * 1e3) / 1e3;
}

/** Of equal ones the largest, which trusts the table most. */
function bestMargin(all: readonly LabelledFlow[]): number {
  const captures = [...new Set(all.map(({ capture }) => capture))].sort();
  const foldOf = new Map(captures.map((capture, at) => [capture, at % kFolds]));
  const scored = kMargins.map((each) => {
    const models = Array.from({ length: kFolds }, (_, fold): TrafficModel => {
      const others = all.filter(({ capture }) => foldOf.get(capture) !== fold);
      return new NaiveBayes(train(others, each));
    });
    const score = f1(all, ({ capture, facts }) => {
      const left = models[foldOf.get(capture) ?? 0];
      return verdictWith(left, facts, trafficType(facts)).type;
    });
    return { each, score };
  });
  return scored.reduce((best, next) => (next.score >= best.score ? next : best)).each;
}

function train(of: readonly LabelledFlow[], bound: number): NaiveBayesFigures {
  const counts = new Map<string, Map<string, number>>();
  const vocabulary = new Set<string>();
  for (const { truth, facts } of of) {
    const words = counts.get(truth) ?? new Map<string, number>();
    counts.set(truth, words);
    for (const word of wordsOf(facts)) {
      vocabulary.add(word);
      words.set(word, (words.get(word) ?? 0) + 1);
    }
  }
  const unknown: Record<string, number> = {};
  const known: Record<string, Record<string, number>> = {};
  for (const [kind, words] of counts) {
    const all = [...words.values()].reduce((sum, count) => sum + count, 0) + vocabulary.size;
    unknown[kind] = rounded(Math.log(1 / all));
    for (const [word, count] of words) {
      const row = known[word] ?? {};
      known[word] = row;
      row[kind] = rounded(Math.log((count + 1) / all));
    }
  }
  return { unseen: unknown, words: known, margin: bound };
}

function rounded(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}
