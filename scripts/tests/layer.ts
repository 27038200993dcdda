// What a layer of tests is and what it reports. Invariant: a layer that could not run reports a failure
// with its reason; a skipped test is reported by name and reason.
import { join } from 'node:path';

export const kRoot = join(import.meta.dirname, '../..');
export const kResults = join(kRoot, 'build/test-results');
export const kNode = join(kRoot, 'node_modules/.bin/node');

export interface LayerOptions {
  /** Words that choose tests within the layer, as its runner understands them. */
  readonly filters: readonly string[];
  readonly fuzzSeconds: number;
}

export interface LayerResult {
  readonly passed: number;
  readonly failed: number;
  /** Names of failed tests or checks. */
  readonly failures: readonly string[];
  /** "name: reason" of each skipped test. */
  readonly skipped: readonly string[];
  /** Printed below the layer's line, e.g. coverage. */
  readonly notes: readonly string[];
}

export interface Layer {
  readonly name: string;
  readonly title: string;
  run(options: LayerOptions): Promise<LayerResult>;
}

export const emptyResult: LayerResult = {
  passed: 0,
  failed: 0,
  failures: [],
  skipped: [],
  notes: [],
};

/** The layer as a whole is one test. */
export function single(name: string, ok: boolean, notes: readonly string[] = []): LayerResult {
  return {
    ...emptyResult,
    passed: ok ? 1 : 0,
    failed: ok ? 0 : 1,
    failures: ok ? [] : [name],
    notes,
  };
}

export function sum(results: readonly LayerResult[]): LayerResult {
  return {
    passed: results.reduce((total, { passed }) => total + passed, 0),
    failed: results.reduce((total, { failed }) => total + failed, 0),
    failures: results.flatMap(({ failures }) => failures),
    skipped: results.flatMap(({ skipped }) => skipped),
    notes: results.flatMap(({ notes }) => notes),
  };
}
