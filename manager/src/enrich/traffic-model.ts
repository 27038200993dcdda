/**
 * A model for kinds of traffic beside the decision table (traffic-type.ts), and the small one that
 * bench/traffic-type/model.ts trains: naive Bayes over words made of a flow.
 *
 * Source: multinomial naive Bayes with Laplace smoothing and even priors (Manning, Raghavan, Schütze, Introduction to
 * Information Retrieval, 13.2). Even priors, because how often a kind occurs in captures says nothing of a network.
 *
 * Invariants: pure; a model answers only where it is surer than its bound, else the table's word stands; what the table
 * knows by a name or a protocol is never asked of a model, only its last resorts (`web.protocol`, `none`).
 */
import {
  TRAFFIC_TYPES,
  type TrafficFacts,
  type TrafficType,
  type TrafficVerdict,
} from './traffic-type.ts';

export interface TrafficModel {
  /** undefined: it is not sure. */
  kindOf(flow: TrafficFacts): TrafficType | undefined;
}

/** As the training script writes it. */
export interface NaiveBayesFigures {
  /** Log probability of a word that a kind never had, by kind. */
  readonly unseen: Readonly<Record<string, number>>;
  /** Log probability of each word, by kind. */
  readonly words: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Difference of log probabilities, a word, between the best kind and the next from which on it answers. */
  readonly margin: number;
}

/** The model that ingest asks: none, because the one that bench/traffic-type/model.ts trains does not beat the table. */
export const MODEL_IN_USE: TrafficModel | undefined = undefined;

const LAST_RESORTS: ReadonlySet<string> = new Set(['web.protocol', 'none']);
const kFirstSizes = 6;
const kMaxNameWords = 8;

/** What the table says, or the model where the table has no more than a last resort. */
export function verdictWith(
  model: TrafficModel | undefined,
  flow: TrafficFacts,
  table: TrafficVerdict,
): TrafficVerdict {
  if (model === undefined || !LAST_RESORTS.has(table.rule)) return table;
  const type = model.kindOf(flow);
  return type === undefined || type === table.type ? table : { type, rule: 'model' };
}

export class NaiveBayes implements TrafficModel {
  readonly #figures: NaiveBayesFigures;
  readonly #kinds: readonly TrafficType[];

  constructor(figures: NaiveBayesFigures) {
    this.#figures = figures;
    this.#kinds = TRAFFIC_TYPES.filter((kind) => figures.unseen[kind] !== undefined);
  }

  kindOf(flow: TrafficFacts): TrafficType | undefined {
    const words = wordsOf(flow);
    const { unseen, words: known, margin } = this.#figures;
    const scores = this.#kinds.map((kind) => {
      const own = unseen[kind] ?? 0;
      return words.reduce((sum, word) => sum + (known[word]?.[kind] ?? own), 0);
    });
    const best = Math.max(...scores);
    const at = scores.indexOf(best);
    const next = Math.max(...scores.filter((_, index) => index !== at));
    return (best - next) / words.length >= margin ? this.#kinds[at] : undefined;
  }
}

/** What the model looks at: protocols, port, labels of the name, sizes, gaps and volumes by powers of two. */
export function wordsOf(flow: TrafficFacts): readonly string[] {
  const { proto, appProto, category, domain, destPort, sizes, gapsUs, seconds } = flow;
  const { bytesToClient, bytesToServer } = flow;
  const labels = (domain ?? '').split(/[.-]/).filter((label) => label.length > 1);
  const gaps = [...gapsUs].sort((a, b) => a - b);
  return [
    `proto ${proto} ${appProto ?? ''}`,
    `category ${category ?? ''}`,
    `port ${destPort < 32_768 ? destPort : 'high'}`,
    ...labels.slice(-kMaxNameWords).map((label) => `name ${label}`),
    ...sizes
      .slice(0, kFirstSizes)
      .map((size, at) => `size ${at} ${size < 0 ? 'in' : 'out'} ${bits(size)}`),
    `gap ${bits(gaps[gaps.length >> 1] ?? 0)}`,
    `in ${bits(bytesToClient)}`,
    `out ${bits(bytesToServer)}`,
    `ratio ${bits(bytesToClient) - bits(bytesToServer)}`,
    `seconds ${bits(seconds)}`,
  ];
}

function bits(value: number): number {
  return Number.isFinite(value) ? Math.round(Math.log2(1 + Math.abs(value))) : 0;
}
