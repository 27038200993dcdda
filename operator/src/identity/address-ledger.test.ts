// Addresses change hands: who held one when, in any order that news of it may come.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Holder, holdersSchema, identityAddress, identityKey } from '#contracts/identity.ts';
import { AddressLedger } from './address-ledger.ts';
import { heldByNode, heldByPod, heldByService, type Pod } from './holders.ts';

const at = (minute: number): string =>
  new Date(Date.parse('2026-11-20T10:00:00Z') + minute * 60_000).toISOString();
const pod = (name: string, minute: number): Holder => ({
  ...{ kind: 'pod', namespace: 'shop', name, from: at(minute) },
});
const kAddress = '10.1.0.7';

describe('the ledger', () => {
  it('closes one holder where the next begins, whether or not its end was seen', () => {
    const ledger = new AddressLedger();
    ledger.begin(kAddress, pod('a', 0));
    ledger.end(kAddress, pod('a', 0), new Date(at(5)));
    ledger.begin(kAddress, pod('b', 7));
    ledger.begin(kAddress, pod('c', 9));
    expect(ledger.get(kAddress)).toEqual([
      { ...pod('a', 0), to: at(5) },
      { ...pod('b', 7), to: at(9) },
      pod('c', 9),
    ]);
  });

  it('tells a change once and nothing where nothing changed', () => {
    const ledger = new AddressLedger();
    ledger.remember(kAddress, [pod('a', 0)]);
    ledger.begin(kAddress, pod('a', 0));
    expect(ledger.take(10)).toEqual([]);
    ledger.begin(kAddress, { ...pod('a', 0), node: 'node-1' });
    expect(ledger.take(10)).toEqual([kAddress]);
    expect(ledger.take(10)).toEqual([]);
    ledger.putBack([kAddress]);
    expect(ledger.waiting).toBe(1);
  });

  it('ends what nobody claims after a start, and forgets it in the end', () => {
    const ledger = new AddressLedger();
    ledger.remember(kAddress, [pod('a', 0)]);
    ledger.remember('10.1.0.8', [pod('b', 0)]);
    ledger.endUnclaimed((address) => address === '10.1.0.8', new Date(at(10)));
    expect(ledger.get(kAddress)).toEqual([{ ...pod('a', 0), to: at(10) }]);
    ledger.take(10);
    ledger.sweep(new Date(at(10 + 7 * 60)));
    expect([ledger.size, ledger.take(10), ledger.get(kAddress)]).toEqual([
      1,
      [kAddress],
      undefined,
    ]);
  });

  it('holders never overlap and never are too many, whatever order news comes in', () => {
    const news = fc.array(
      fc.record({
        what: fc.constantFrom('begin', 'end'),
        who: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
        minute: fc.nat(30),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(news, (story) => {
        const ledger = new AddressLedger();
        for (const { what, who, minute } of story) {
          const holder = pod(who, who.charCodeAt(0) - 97);
          if (what === 'begin') ledger.begin(kAddress, holder);
          else ledger.end(kAddress, holder, new Date(at(10 + minute)));
        }
        const holders = ledger.get(kAddress);
        if (holders === undefined) return;
        holdersSchema.parse(holders);
        for (const [place, { to, from }] of holders.entries()) {
          const next = holders[place + 1];
          if (next !== undefined) expect(to !== undefined && to <= next.from).toBe(true);
          if (to !== undefined) expect(to >= from || next !== undefined).toBe(true);
        }
      }),
    );
  });
});

describe('who holds what', () => {
  const same = (text: string): string => text;
  const plain: Pod = {
    metadata: {
      ...{ namespace: 'shop', name: 'web-5d9c-x7', creationTimestamp: at(0) },
      labels: { 'pod-template-hash': '5d9c' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5d9c', uid: 'u', controller: true },
      ],
    },
    spec: { nodeName: 'node-1' },
    status: { phase: 'Running', startTime: at(1), podIPs: [{ ip: kAddress }, { ip: 'fd00::7' }] },
  };

  it('a pod holds its addresses from its start, and names its Deployment', () => {
    expect(heldByPod(plain, same)).toMatchObject({
      addresses: [kAddress, 'fd00::7'],
      holder: { kind: 'pod', workload: 'deployment/web', node: 'node-1', from: at(1) },
    });
  });

  it.each([
    ['on the network of its node', { ...plain, spec: { nodeName: 'node-1', hostNetwork: true } }],
    ['that has ended', { ...plain, status: { ...plain.status, phase: 'Succeeded' } }],
    ['that has none yet', { ...plain, status: { phase: 'Pending' } }],
  ])('a pod %s holds no address', (_name, given) => {
    expect(heldByPod(given, same).addresses).toEqual([]);
  });

  it('a service without an address holds none, a node those of its interfaces', () => {
    const metadata = { namespace: 'shop', name: 'web' };
    expect(heldByService({ metadata, spec: { clusterIPs: ['None'] } }, same).addresses).toEqual([]);
    const addresses = [
      { type: 'InternalIP', address: '192.0.2.1' },
      { type: 'Hostname', address: 'node-1' },
    ];
    expect(
      heldByNode({ metadata: { name: 'node-1' }, status: { addresses } }, same).addresses,
    ).toEqual(['192.0.2.1']);
  });

  it.each(['10.0.0.1', 'fd00::1'])('%s is a key and back', (address) => {
    expect(identityKey(address)).toMatch(/^[\w.]+$/);
    expect(identityAddress(identityKey(address))).toBe(address);
  });
});
