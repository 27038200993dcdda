import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { CaptureStatus } from '#contracts/native.ts';
import { judgeCapture, UndoneLog } from './capture-watch.ts';

const eth0 = { name: 'eth0', up: true, mtu: 1500, fault: '', mode: '' };
const status = (change: Partial<CaptureStatus>): CaptureStatus => ({
  ...{ strategy: 'afPacket', reasons: [], interfaces: [eth0], missing: [] },
  ...{ shunts: true, noShunt: '' },
  ...change,
});
const cases: Array<[string, Partial<CaptureStatus>, string, string, RegExp]> = [
  ['all is there', {}, 'True', 'Capturing', /^Packets are read from eth0 by afPacket\.$/],
  [
    'another strategy than the one asked for',
    { strategy: 'pcap', reasons: ['afPacket: no'] },
    ...(['True', 'Capturing', /by pcap \(not afPacket: no\)\.$/] as const),
  ],
  [
    'one of several ways of a strategy',
    { strategy: 'afXdp', interfaces: [{ ...eth0, mode: 'zero copy' }] },
    ...(['True', 'Capturing', /from eth0 by afXdp \(zero copy\)\.$/] as const),
  ],
  ['no interface', { interfaces: [] }, 'False', 'NoInterface', /no interface eth\*:/],
  [
    'down',
    { interfaces: [{ ...eth0, up: false }] },
    ...(['False', 'InterfaceDown', /eth0: nothing arrives \(eth0 is down\)/] as const),
  ],
  [
    'a fault',
    { interfaces: [{ ...eth0, fault: 'no memory' }] },
    ...(['False', 'CaptureFailed', /eth0: no memory/] as const),
  ],
  [
    'one of several is missing',
    { missing: ['eth1'] },
    ...(['True', 'CapturingPartly', /read from eth0 .*Missing: there is no eth1\.$/] as const),
  ],
];

test.each(cases)('%s', (_, change, state, reason, message) => {
  const judged = judgeCapture(status(change), 'eth*');
  expect(judged).toMatchObject({ status: state, reason });
  expect(judged.message).toMatch(message);
});

test('flows that do not stay in the kernel are told with the reason', () => {
  const { message } = judgeCapture(status({ shunts: false, noShunt: 'no CAP_BPF' }), 'eth*');
  expect(message).toBe(
    'Packets are read from eth0 by afPacket. No flow stays in the kernel: no CAP_BPF.',
  );
});

test.each([
  [1, 1, 'bulk flows stay in the kernel sooner'],
  [2, 1, 'encrypted payload is not looked into'],
  [3, 8, 'of new flows one in 8 is looked at'],
])('level %i of overload is said', (overloadLevel, sampledOneIn, words) => {
  const judged = judgeCapture(status({}), 'eth*', { overloadLevel, sampledOneIn });
  expect(judged).toMatchObject({ status: 'True', reason: 'Shedding' });
  expect(judged.message).toMatch(new RegExp(`Too much to do: ${words}\\.$`));
});

test('the log has a line for each change of what is left undone', () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => lines.push(line) });
  const watch = new UndoneLog(log);
  const looks = [0, 0, 1, 1, 3, 0, 0];
  for (const overloadLevel of looks) watch.look({ overloadLevel, sampledOneIn: 2 });
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
    'Too much to do',
    'Too much to do',
    'Overload is over: everything is looked at again',
  ]);
});
