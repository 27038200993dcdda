/**
 * The same alerts whatever the way: ET Open and the rules of suricata-verify over captures.
 *
 *     node scripts/tests/differential/main.ts [--captures FOLDER] [--every N] [--piece 1] [--only same|cut] [--explained]
 *
 * Each capture is read in pieces, by 1, 2 and 3 workers, with Vectorscan, with the scalar search and with every rule
 * tested everywhere (no prefilter): all must write the same events (`netmoth_bench same`). Then its TCP payloads are cut into
 * segments of `--piece` octets (larger ones for captures of more than 100,000 octets): the same rules must alert equally often between the
 * same ends, or the difference has one of the reasons of cut.ts, which are counted (and listed by `--explained`).
 * Status 1 where anything else differs.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { buildEngineBench } from '../../../bench/engine/build.ts';
import { conformanceData } from '../../../signatures/src/testing/conformance-data.ts';
import { playCut, REASONS } from './cut.ts';
import { etOpen, type RuleBundle, suricataVerify } from './rule-sets.ts';

const { values } = parseArgs({
  options: {
    captures: { type: 'string' },
    every: { type: 'string', default: '1' },
    piece: { type: 'string', default: '1' },
    only: { type: 'string' },
    explained: { type: 'boolean', default: false },
  },
});

/** `same` takes so many captures at a time, so that a run tells of its progress. */
const AT_A_TIME = 100;

const data = conformanceData();
if (data === undefined) throw new Error('../shared/conformance/data is not there');
const folder = mkdtempSync(join(tmpdir(), 'netmoth-differential-'));
try {
  const captures = capturesIn(values.captures ?? join(data, 'pcaps'));
  let different = 0;
  for (const bundle of [etOpen(data), suricataVerify(data, false), suricataVerify(data, true)]) {
    const bundlePath = join(folder, 'rules.bundle');
    writeFileSync(bundlePath, bundle.bytes);
    console.log(`${bundle.name}: ${bundle.models.length} rules, ${captures.length} captures`);
    if (values.only !== 'cut') different += sameEvents(bundlePath, captures);
    if (values.only !== 'same') different += await sameWhenCut(bundle, bundlePath, captures);
  }
  process.exitCode = different === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Unpacked where they are gzip. */
function capturesIn(path: string): string[] {
  const every = Number(values.every);
  return readdirSync(path)
    .sort()
    .filter((_, at) => at % every === 0)
    .map((name) => {
      if (!name.endsWith('.gz')) return join(path, name);
      const plain = join(folder, name.slice(0, -'.gz'.length));
      writeFileSync(plain, gunzipSync(readFileSync(join(path, name))));
      return plain;
    });
}

function sameEvents(bundlePath: string, captures: readonly string[]): number {
  const program = buildEngineBench();
  let different = 0;
  for (let from = 0; from < captures.length; from += AT_A_TIME) {
    const some = captures.slice(from, from + AT_A_TIME);
    try {
      execFileSync(program, ['same', '--bundle', bundlePath, ...some], { stdio: 'pipe' });
    } catch (error) {
      const { stdout } = error as { stdout?: Buffer };
      console.log(stdout?.toString() ?? error);
      different += 1;
    }
  }
  console.log(`  pieces, workers, searches: ${different === 0 ? 'the same events' : 'different'}`);
  return different;
}

async function sameWhenCut(
  bundle: RuleBundle,
  bundlePath: string,
  captures: readonly string[],
): Promise<number> {
  const told = await playCut(bundle, bundlePath, captures, {
    piece: Number(values.piece),
    folder,
    onExplained: (reason, line) => {
      if (values.explained && reason !== 'packets') console.log(`  ${REASONS[reason]}: ${line}`);
    },
  });
  for (const line of told.unexplained) console.log(`  UNEXPLAINED: ${line}`);
  console.log(
    `  ${told.captures} captures cut: ${told.unexplained.length} unexplained differences of ${told.alerts} alerts`,
  );
  for (const [reason, count] of told.explained) console.log(`    ${REASONS[reason]}: ${count}`);
  return told.unexplained.length;
}
