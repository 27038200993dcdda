/**
 * Each strategy captures with exactly the capabilities that docs/security.md names, and says which one is
 * missing where one is taken away.
 *
 * Invariant: every run is in a network namespace of its own; root stays root, but for its capabilities.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const kProgram = join(import.meta.dirname, 'testing/privileged-capture.ts');
const kPage = join(import.meta.dirname, '../../docs/security.md');

/** Strategy → capabilities, from the table of the page. */
function documented(): Map<string, string[]> {
  const rows = readFileSync(kPage, 'utf8').matchAll(
    /^\| `(afPacket|pcap|ebpf|afXdp)` \| (.*?) \|/gm,
  );
  return new Map(
    [...rows].map(([, strategy = '', cell = '']) => [
      strategy,
      cell
        .replace(/\(.*?\)/g, '')
        .split(',')
        .map((name) => name.trim()),
    ]),
  );
}

interface Outcome {
  readonly refused?: string;
  readonly strategy?: string;
  readonly reasons?: string[];
  readonly packets?: number;
}

/** Captures on one end of a pair while frames come in at the other. */
function capture(strategy: string, capabilities: readonly string[]): Outcome {
  const kept = ['-all', ...capabilities.map((name) => `+${name.toLowerCase()}`)].join(',');
  const run = `${process.execPath} ${kProgram} ${strategy} xa 400`;
  const script = [
    'set -e',
    'ip link add xa type veth peer name xap',
    'ip link set xa addrgenmode none up',
    'ip link set xap addrgenmode none up',
    'python3 -c \'import socket,time\ns=socket.socket(17,3);s.bind(("xap",0))\nfor i in range(60): s.send(bytes(12)+b"\\x08\\x00"+bytes(60)); time.sleep(0.05)\' &',
    `setpriv --bounding-set ${kept} --inh-caps -all ${run}`,
    'kill $!',
  ].join('\n');
  const output = execFileSync('unshare', ['--net', 'sh', '-c', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 30_000,
  });
  return JSON.parse(output);
}

const kSkipped = (() => {
  if (process.getuid?.() !== 0) return 'needs root';
  if (spawnSync('setpriv', ['--version']).status !== 0) return 'there is no setpriv';
  if (spawnSync('unshare', ['--net', 'ip', 'link', 'add', 'xa', 'type', 'veth']).status !== 0)
    return 'there are no network namespaces or no veth';
  return '';
})();
if (kSkipped !== '') console.log(`privileges: skipped, ${kSkipped}`);

const known = new Map<string, Outcome>();

/** What the kernel refuses with all that is needed it cannot be asked with less. */
const works = (strategy: string, needed: readonly string[]) => {
  const outcome = known.get(strategy) ?? capture(strategy, needed);
  known.set(strategy, outcome);
  const reason = outcome.reasons?.[0] ?? '';
  if (outcome.strategy === strategy || /needs the capabilit|missing/.test(reason)) return outcome;
  console.log(`privileges: ${strategy} skipped, ${reason}`);
  return undefined;
};

describe.skipIf(kSkipped !== '')(
  'capabilities',
  () => {
    test('the page names those of every strategy', () => {
      expect([...documented().keys()].sort()).toEqual(['afPacket', 'afXdp', 'ebpf', 'pcap']);
    });

    test.each([...documented()])('of %s are enough', (strategy, needed) => {
      const outcome = works(strategy, needed);
      if (outcome === undefined) return;
      expect(outcome).toMatchObject({ strategy, reasons: [] });
      expect(outcome.packets).toBeGreaterThan(0);
    });

    const kOneLess = [...documented()].flatMap(([strategy, needed]) =>
      needed.map((missing) => ({
        ...{ strategy, missing },
        rest: needed.filter((name) => name !== missing),
      })),
    );
    test.each(kOneLess)(
      'of $strategy without $missing: it is named',
      ({ strategy, missing, rest }) => {
        if (works(strategy, [...rest, missing]) === undefined) return;
        const outcome = capture(strategy, rest);
        const said = outcome.refused ?? outcome.reasons?.[0] ?? '';
        expect(outcome.strategy).not.toBe(strategy);
        expect(said).toMatch(
          strategy === 'ebpf' || strategy === 'afXdp'
            ? new RegExp(`missing: CAP_${missing}`)
            : /NM_CAPTURE_NO_PRIVILEGE|needs the capability CAP_NET_RAW/,
        );
      },
    );
  },
  60_000,
);
