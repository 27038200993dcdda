/** threshold.config: what Suricata's guide shows, and what is wrong with a line. */
import { expect, test } from 'vitest';
import { readThresholds, suppressionEntry } from './threshold-config.ts';

test('suppressions and rates', () => {
  const { entries, faults } = readThresholds(
    't',
    [
      '# comment',
      'suppress gen_id 1, sig_id 2002087, track by_src, ip 209.132.180.67',
      'suppress gen_id 0, sig_id 0, track by_either, ip [10.0.0.0/8, !10.1.1.1]',
      'suppress gen_id 1, sig_id 5',
      'threshold gen_id 1, sig_id 2, type limit, \\',
      '  track by_src, count 1, seconds 60',
      'rate_filter gen_id 1, sig_id 3, track by_rule, count 100, seconds 60, new_action drop, timeout 30',
    ].join('\n'),
  );
  expect(faults).toEqual([]);
  expect(entries).toMatchObject([
    {
      kind: 'suppress',
      sid: 2002087,
      track: 'by_src',
      addresses: { v4: [{ low: 0xd184b443, high: 0xd184b443 }], v6: [] },
    },
    {
      gid: 0,
      sid: 0,
      addresses: {
        v4: [
          { low: 0x0a000000, high: 0x0a010100 },
          { low: 0x0a010102, high: 0x0affffff },
        ],
      },
    },
    { kind: 'suppress', track: '', addresses: { v4: [{ low: 0, high: 0xffffffff }] } },
    { kind: 'threshold', rate: { type: 'limit', track: 'by_src', count: 1, seconds: 60 } },
    { kind: 'rate_filter', newAction: 'drop', timeoutSeconds: 30, rate: { count: 100 } },
  ]);
});

test.each([
  'limit gen_id 1, sig_id 2',
  'suppress gen_id x, sig_id 2',
  'suppress gen_id 1, sig_id 2, track by_src',
  'suppress gen_id 1, sig_id 2, ip 1.2.3.4',
  'suppress gen_id 1, gen_id 1, sig_id 2',
  'threshold gen_id 1, sig_id 2, type often, track by_src, count 1, seconds 1',
  'threshold gen_id 1, sig_id 2, type limit, track by_src, seconds 1',
  'suppress gen_id 1, sig_id 99999999999',
  'suppress gen_id 1, sig_id 2, track by_src, ip 1.2.3.400',
  'suppress gen_id 1, sig_id 2, track by_src, ip $NOWHERE',
])('%s', (line) => {
  const { entries, faults } = readThresholds('t', `\n${line}`);
  expect(entries).toEqual([]);
  expect(faults).toMatchObject([{ file: 't', line: 2, code: 'CONFIG_LINE' }]);
});

test.each([
  ['suppress gen_id 1, sig_id 2', '', ''],
  [
    'suppress gen_id 1, sig_id 2, track by_dst, ip [$OURS,!10.1.1.1]',
    'by_dst',
    '[$OURS,!10.1.1.1]',
  ],
] as const)('a suppression that stands in no file is as in one: %s', (line, track, addresses) => {
  const variables = { OURS: '10.0.0.0/8' };
  const { entries } = readThresholds('t', line, variables);
  expect(suppressionEntry({ gid: 1, sid: 2, track, addresses }, variables)).toEqual(entries[0]);
});

test.each(['1.2.3.400', '$NOWHERE', '', '[]', '!any'])('addresses %s are refused', (addresses) => {
  const entry = suppressionEntry({ gid: 1, sid: 2, track: 'by_src', addresses }, {});
  expect(entry).toEqual(expect.any(String));
});

test('alerts of lists have no thresholds, and that is told', () => {
  const line = 'suppress gen_id 1, sig_id 3009928597';
  expect(readThresholds('t', line).faults).toMatchObject([
    { line: 1, severity: 'warning', message: expect.stringMatching(/id is that of a list/) },
  ]);
  const entry = suppressionEntry({ gid: 1, sid: 3_009_928_597, track: '', addresses: '' }, {});
  expect(entry).toMatch(/take the entry out of its list/);
});
