/** The soak in its short form, and starts and stops: nothing is left behind, captured goes on. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { growthOf } from './sensor-watch.ts';

const kSkipped = (() => {
  if (process.getuid?.() !== 0) return 'needs root';
  const pair = ['--net', 'ip', 'link', 'add', 'xa', 'type', 'veth'];
  return spawnSync('unshare', pair).status === 0
    ? ''
    : 'there are no network namespaces or no veth';
})();
if (kSkipped !== '') console.log(`soak: skipped, ${kSkipped}`);

const run = (name: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, name), ...args], { encoding: 'utf8' });

test('growth is told by medians', () => {
  expect(growthOf([10, 10, 10, 10, 900, 10, 10, 10, 10])).toBe(0);
  expect(growthOf([10, 10, 10, 11, 11, 11, 12, 12, 12])).toBeCloseTo(0.2);
});

// Memory is not judged: in half a minute it has not settled.
test.skipIf(kSkipped !== '')(
  'swaps, flaps, pods and restarts of the bus for half a minute leave nothing behind',
  () => {
    const short = ['--seconds', '30', '--rate', '5000', '--every', '4', '--growth', '1'];
    const { status, stdout, stderr } = run('soak.ts', ...short);
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toContain('nothing was left behind');
  },
  300_000,
);

test.skipIf(kSkipped !== '')(
  '60 starts and stops leave nothing behind',
  () => {
    const { status, stdout, stderr } = run(
      'starts.ts',
      '--strategy',
      'afPacket,pcap',
      '--times',
      '60',
    );
    expect(status, stdout + stderr).toBe(0);
  },
  120_000,
);
