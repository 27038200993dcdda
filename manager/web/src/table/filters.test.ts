// Filters: the manager knows each key, and a typed text is understood.
import { expect, test } from 'vitest';
import { LISTS, type ListName } from '#contracts/rest.ts';
import { FILTERS, filterKeyOf, suggest } from './filters.ts';

const NAMES = Object.keys(LISTS) as ListName[];

test('every filter is a query parameter of its list', () => {
  for (const list of NAMES) {
    const known = Object.keys(LISTS[list].query.shape);
    for (const { key } of FILTERS[list]) expect(known).toContain(key);
  }
});

test('every query parameter that filters has a filter', () => {
  const elsewhere = ['last', 'since', 'until', 'limit', 'cursor', 'format'];
  for (const list of NAMES) {
    const offered = FILTERS[list].map(({ key }) => key as string);
    const wanted = Object.keys(LISTS[list].query.shape).filter((key) => !elsewhere.includes(key));
    expect(offered.toSorted()).toEqual(wanted.toSorted());
  }
});

test.each([
  ['flows', '192.0.2.1', 'device'],
  ['flows', '2001:db8::1', 'device'],
  ['flows', '443', 'port'],
  ['flows', '1:LQU9qZlK+B5F3KDmev6m5PMibrg=', 'community_id'],
  ['flows', 'www.example.org', 'domain'],
  ['flows', 'udp', 'proto'],
  ['dns', 'aaaa', 'rrtype'],
  ['dns', 'nxdomain', 'rcode'],
  ['tls', 't13d1516h2_8daaf6152771_e5627efa2ab1', 'ja4'],
  ['tls', 'e7d705a3286e19ea42f587b344ee6865', 'ja3'],
  ['http', '404', 'status'],
  ['alerts', '2', 'severity'],
  ['anomalies', 'decoder.ipv4.trunc_pkt', 'event'],
  ['devices', '3c:22', 'search'],
] as const)('in %s, %s is first taken as %s', (list, text, key) => {
  expect(suggest(list, ` ${text} `)[0]).toMatchObject({ key, value: text });
});

test('a key said outright wins, an unknown one does not', () => {
  expect(suggest('flows', 'dest_ip:192.0.2.1')).toEqual([
    { key: 'dest_ip', label: 'Destination', value: '192.0.2.1' },
  ]);
  expect(suggest('flows', 'colour:red')).toEqual([]);
  expect(suggest('flows', '   ')).toEqual([]);
});

test('the value of a field filters where the list can', () => {
  expect(filterKeyOf('flows', 'src_ip')).toBe('device');
  expect(filterKeyOf('flows', 'dest_port')).toBe('port');
  expect(filterKeyOf('dns', 'dest_port')).toBeUndefined();
  expect(filterKeyOf('http', 'http_method')).toBe('method');
  expect(filterKeyOf('tls', 'subject')).toBeUndefined();
});
