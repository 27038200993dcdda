import { expect, test } from 'vitest';
import { eveOptions } from './eve-options.ts';
import { settings } from './settings.ts';

const usage = (message: RegExp) =>
  expect.objectContaining({ code: 'NM_USAGE', message: expect.stringMatching(message) });

test("Suricata's names become settings of the engine", () => {
  const pairs = eveOptions(['ethernet=yes', 'community-id-seed=7', 'dns.version=3']);
  expect(settings(pairs)).toEqual({
    eve: { ethernet: true, communityIdSeed: 7 },
    dnsVersion: 3,
  });
});

test('lists are written as words in brackets', () => {
  for (const list of ['["sni","version"]', '[sni, version]']) {
    expect(settings(eveOptions([`tls.custom=${list}`]))).toEqual({
      eve: { tlsFields: ['sni', 'version'] },
    });
  }
  expect(settings(['eve.tlsFields=[]'])).toEqual({ eve: { tlsFields: [] } });
});

test('what is always written may be asked for, but not switched off', () => {
  expect(eveOptions(['dhcp.extended=yes'])).toEqual([]);
  expect(() => eveOptions(['dhcp.extended=no'])).toThrow(usage(/dhcp\.extended is always on/));
});

test('what is not written is refused with the reason', () => {
  expect(() => eveOptions(['alert.websocket-payload=yes'])).toThrow(
    usage(/alert\.websocket-payload is not written/),
  );
});

test('a misspelt name is told with the nearest', () => {
  expect(() => eveOptions(['etherned=yes'])).toThrow(usage(/etherned, did you mean "ethernet"/));
  expect(() => eveOptions(['constructor=yes'])).toThrow(usage(/unknown setting constructor/));
  for (const name of ['payload', 'packet', 'http-body']) {
    const told = new RegExp(`unknown setting ${name}, did you mean "alert\\.${name}"`);
    expect(() => eveOptions([`${name}=yes`])).toThrow(usage(told));
  }
  expect(() => eveOptions(['ethernet'])).toThrow(usage(/expected NAME=VALUE/));
});

test('protocols are switched off by the names of suricata.yaml', () => {
  const made = settings([
    'app-layer.protocols.dns.tcp.enabled=no',
    'app-layer.protocols.tls.enabled=no',
    'app-layer.protocols.http.enabled=yes',
  ]);
  expect(made).toEqual({ disabledProtocols: ['dns/tcp', 'tls'] });
  expect(() => settings(['app-layer.protocols.dns.enabled=maybe'])).toThrow(usage(/yes or no/));
});
