import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalIp, isUnicastHost, isWithin, parseIp, parseNetwork } from './ip-address.ts';

const bytes = (text: string): number[] | undefined => {
  const found = parseIp(text);
  return found === undefined ? undefined : [...found];
};

describe('parseIp', () => {
  it('takes what node:net takes, and nothing else', () => {
    const looksLike = fc.stringMatching(/^[0-9a-f:.]{1,40}$/);
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), looksLike), (text) => {
        expect(parseIp(text)?.length).toBe({ 0: undefined, 4: 4, 6: 16 }[isIP(text)]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads every spelling of an address as the same bytes', () => {
    const expected = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 10, 1, 2, 3];
    expect(bytes('2001:db8::a01:203')).toEqual(expected);
    expect(bytes('2001:0db8:0000:0000:0000:0000:0A01:0203')).toEqual(expected);
    expect(bytes('2001:db8::10.1.2.3')).toEqual(expected);
    expect(bytes('192.168.1.255')).toEqual([192, 168, 1, 255]);
  });
});

describe('networks', () => {
  it.each([
    ['10.255.0.1', '10.0.0.0/8', true],
    ['11.0.0.1', '10.0.0.0/8', false],
    ['172.31.255.255', '172.16.0.0/12', true],
    ['172.32.0.0', '172.16.0.0/12', false],
    ['fdff::1', 'fc00::/7', true],
    ['fe00::1', 'fc00::/7', false],
    ['10.0.0.1', '::/0', false],
    ['1.2.3.4', '0.0.0.0/0', true],
  ])('%s in %s: %s', (ip, network, expected) => {
    const address = parseIp(ip);
    const parsed = parseNetwork(network);
    if (address === undefined || parsed === undefined) throw new Error('not parsed');
    expect(isWithin(address, parsed)).toBe(expected);
  });

  it.each(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/8/8', 'x/8', '10.0.0.0/-1'])(
    'refuses %s',
    (text) => {
      expect(parseNetwork(text)).toBeUndefined();
    },
  );

  it.each([
    ['192.168.1.1', true],
    ['0.0.0.0', false],
    ['127.0.0.1', false],
    ['224.0.0.251', false],
    ['255.255.255.255', false],
    ['ff02::fb', false],
    ['::', false],
    ['::1', false],
    ['fe80::1', true],
  ])('%s names one machine: %s', (ip, expected) => {
    expect(isUnicastHost(parseIp(ip) ?? new Uint8Array(4))).toBe(expected);
  });
});

it('an address has one text, whoever wrote it', () => {
  for (const [written, canonical] of [
    ['10.0.0.1', '10.0.0.1'],
    ['2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['fe80:0:0:0:0:0:0:0', 'fe80::'],
    ['::ffff:1.2.3.4', '::ffff:102:304'],
    ['fe80::1%eth0', undefined],
    ['10.0.0.300', undefined],
  ] as const) {
    expect(canonicalIp(written)).toBe(canonical);
    if (canonical !== undefined) expect(canonicalIp(canonical)).toBe(canonical);
  }
});
