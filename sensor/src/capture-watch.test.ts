import { expect, test } from 'vitest';
import type { CaptureStatus } from '#contracts/native.ts';
import { judgeCapture } from './capture-watch.ts';

const eth0 = { name: 'eth0', up: true, mtu: 1500, fault: '', mode: '' };
const status = (change: Partial<CaptureStatus>): CaptureStatus => ({
  ...{ strategy: 'afPacket', reasons: [], interfaces: [eth0], missing: [] },
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
