/** Rules and a capture through compiler and engine, as tests need it: which signatures alert. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineConfigFrom, read } from '#native/index.ts';
import { loadRules } from '#signatures/check-rules.ts';
import { compile } from '#signatures/compile/compile.ts';
import { datasetFileKey, datasetFilesOf } from '#signatures/datasets/dataset-uses.ts';
import type { LoadOptions } from '#signatures/rule-loader.ts';

export interface Alerts {
  /** Signature ids in the order of their alerts. */
  readonly ids: readonly number[];
  /** The alert events. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
  /** How many packets were told because of a tag. */
  readonly tagged: number;
  /** Of the last stats event. */
  readonly stats: Readonly<Record<string, unknown>>;
  /** `sid 1: why`, of rules that the engine left out. */
  readonly notMatched: readonly string[];
  /** Messages of faults that keep rules from loading. */
  readonly faults: readonly string[];
  /** The same by line. */
  readonly faultsByLine: ReadonlyMap<number, string>;
}

/** In a folder of its own, which is gone afterwards. */
export async function alertsOf(
  rules: string,
  capture: Buffer,
  options: LoadOptions = {},
  engine: Parameters<typeof engineConfigFrom>[0] = {},
): Promise<Alerts> {
  const loaded = loadRules([{ name: 'test.rules', text: rules }], {}, options);
  const faults = loaded.faults.filter(({ severity }) => severity === 'error');
  const datasetFiles = new Map<string, string>();
  for (const file of datasetFilesOf(loaded)) {
    const text = options.readList?.(file.path, file.rules);
    if (text !== undefined) datasetFiles.set(datasetFileKey(file), text);
  }
  const { addresses = {} } = options;
  const given = { sources: [], variables: {}, loaded, thresholds: [], datasetFiles, addresses };
  const compiled = compile(given);
  const folder = await mkdtemp(join(tmpdir(), 'netmoth-rules-'));
  try {
    const [path, bundlePath, evePath] = ['c.pcap', 'r.bundle', 'e.ndjson'].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    await writeFile(path, capture);
    await writeFile(bundlePath, compiled.bytes);
    const summary = await read({ path, evePath, bundlePath, engine: engineConfigFrom(engine) });
    const all = (await readFile(evePath, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const events = all.filter((event) => event.event_type === 'alert');
    return {
      ids: events.map((event) => event.alert.signature_id),
      events,
      tagged: all.filter((event) => event.event_type === 'packet').length,
      stats: all.findLast((event) => event.event_type === 'stats')?.stats ?? {},
      notMatched: summary.rulesNotMatched ?? [],
      faults: faults.map(({ message }) => message),
      faultsByLine: new Map(faults.map(({ line, message }) => [line, message])),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
