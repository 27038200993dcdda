import { expect, test } from 'vitest';
import { settings } from './commands/settings.ts';
import { formatBytes, formatCount } from './format.ts';
import { progressLine } from './progress-bar.ts';
import { formatTable } from './table.ts';
import { listenOption, urlOf } from './up/listen-address.ts';

test('bytes and counts', () => {
  expect([0, 1023, 1024, 15_360, 5 * 1024 ** 3].map(formatBytes)).toEqual([
    '0 B',
    '1023 B',
    '1.00 KiB',
    '15.0 KiB',
    '5.00 GiB',
  ]);
  expect(formatCount(1234567)).toBe('1,234,567');
});

test('a table aligns its columns and lets no control character through', () => {
  const text = formatTable(
    [
      { name: 'a', size: 5 },
      { name: 'evil\u001b[2J', size: 1000 },
    ],
    [
      { title: 'name', value: (row) => row.name },
      { title: 'size', value: (row) => String(row.size), right: true },
    ],
  );
  expect(text).toBe('NAME      SIZE\na            5\nevil�[2J  1000\n');
});

test('the progress line shows the share where the whole is known', () => {
  const half = progressLine({ bytes: 512, totalBytes: 1024, packets: 7 });
  expect(half).toBe(`${'█'.repeat(15)}${'░'.repeat(15)}  50 %  512 B  7 packets`);
  expect(progressLine({ bytes: 512, totalBytes: 0, packets: 7 })).toBe('512 B  7 packets');
});

test('settings nest at dots and keep their types', () => {
  expect(settings(['maxFlows=10', 'timeouts.tcpNewSeconds=5', 'stream.midstream=yes'])).toEqual({
    maxFlows: 10,
    timeouts: { tcpNewSeconds: 5 },
    midstream: true,
  });
  expect(
    settings(['host-os-policy.windows.0=0.0.0.0/0', 'host-os-policy.old-linux.0=2.2.2.2']),
  ).toEqual({ hostPolicies: ['0.0.0.0/0=windows', '2.2.2.2=old-linux'] });
  expect(settings(['flow-timeouts.udp.emergency-new=3', 'flow-timeouts.tcp.closed=9'])).toEqual({
    emergency: { udpNewSeconds: 3 },
    timeouts: { tcpClosedSeconds: 9 },
  });
  expect(settings(['flow.emergency-recovery=40'])).toEqual({ emergency: { recoveryPercent: 40 } });
  expect(() => settings(['maxFlows'])).toThrow(expect.objectContaining({ code: 'NM_USAGE' }));
});

test('listen addresses', () => {
  expect(listenOption('127.0.0.1:80')).toEqual({ host: '127.0.0.1', port: 80 });
  expect(urlOf(listenOption('[::1]:8470'))).toBe('http://[::1]:8470');
  expect(urlOf(listenOption('0.0.0.0:8470'))).toBe('http://127.0.0.1:8470');
  for (const wrong of ['8470', 'host:', 'host:0', 'host:70000', '::1:80']) {
    expect(() => listenOption(wrong)).toThrow(expect.objectContaining({ code: 'NM_USAGE' }));
  }
});
