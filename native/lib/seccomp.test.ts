/**
 * Each strategy captures under its seccomp profile of deploy/seccomp, and one that needs bpf(2) does not under
 * the profile without it.
 *
 * Invariant: every run is in a network namespace of its own.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const kRoot = join(import.meta.dirname, '../..');
const kLoader = join(kRoot, 'testkit/seccomp/apply_profile.py');
const kProgram = join(import.meta.dirname, 'testing/privileged-capture.ts');
const profileOf = (name: string) => join(kRoot, `deploy/seccomp/${name}.json`);

const kSkipped = (() => {
  if (process.getuid?.() !== 0) return 'needs root';
  const set = spawnSync('python3', [kLoader, profileOf('netmoth-sensor'), 'true']);
  if (set.status !== 0) return `no profile can be set here: ${set.stderr}`;
  const pair = ['--net', 'ip', 'link', 'add', 'xa', 'type', 'veth'];
  return spawnSync('unshare', pair).status === 0
    ? ''
    : 'there are no network namespaces or no veth';
})();
if (kSkipped !== '') console.log(`seccomp: skipped, ${kSkipped}`);

/** Without a profile, where none is named. */
function capture(strategy: string, profile?: string): { strategy: string; reasons: string[] } {
  const fenced = profile === undefined ? '' : `python3 ${kLoader} ${profileOf(profile)}`;
  const script = [
    'ip link add xa type veth peer name xap',
    'ip link set xa addrgenmode none up && ip link set xap addrgenmode none up',
    `${fenced} ${process.execPath} ${kProgram} ${strategy} xa 200`,
  ].join(' && ');
  const output = execFileSync('unshare', ['--net', 'sh', '-c', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 30_000,
  });
  return JSON.parse(output);
}

const namesOf = (profile: string): Set<string> => {
  const { syscalls } = JSON.parse(readFileSync(profileOf(profile), 'utf8'));
  return new Set(syscalls.flatMap(({ names }: { names: string[] }) => names));
};

test('the profile of the strategies with programs has bpf(2) besides, and nothing else', () => {
  const plain = namesOf('netmoth-sensor');
  expect(namesOf('netmoth-sensor-bpf')).toEqual(new Set([...plain, 'bpf']));
  for (const name of ['bpf', 'ptrace', 'mount', 'unshare', 'setns', 'io_uring_setup', 'keyctl'])
    expect(plain).not.toContain(name);
});

describe.skipIf(kSkipped !== '')(
  'under its profile',
  () => {
    test.each([
      ['afPacket', 'netmoth-sensor'],
      ['pcap', 'netmoth-sensor'],
      ['ebpf', 'netmoth-sensor-bpf'],
      ['afXdp', 'netmoth-sensor-bpf'],
    ])('%s captures as it does without one', (strategy, profile) => {
      const free = capture(strategy);
      if (free.strategy !== strategy) console.log(`seccomp: ${strategy}: ${free.reasons[0]}`);
      const fenced = capture(strategy, profile);
      expect([fenced.strategy, fenced.reasons]).toEqual([free.strategy, free.reasons]);
    });

    test.each(['ebpf', 'afXdp'])('%s without bpf(2) falls back and says so', (strategy) => {
      const fenced = capture(strategy, 'netmoth-sensor');
      expect(fenced.strategy).toBe('afPacket');
      expect(fenced.reasons[0]).toMatch(/^(ebpf|afXdp): .*(seccomp|missing)/);
    });
  },
  60_000,
);
