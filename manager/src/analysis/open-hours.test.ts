// Room for open hours: what is made up takes none of what is there; contacts and rows keep their bounds.
import { expect, test } from 'vitest';
import { newState } from './device-state.ts';
import { packRows, unpackHours } from './hour-codec.ts';
import { judgeHour, mayTellEarly } from './judge.ts';
import { MAX_GUESTS, MAX_OPEN_CONTACTS, OpenHours } from './open-hours.ts';
import { type Event, flowEvent } from './simulation/events.ts';
import { LocalAnalysis } from './simulation/local-analysis.ts';
import {
  addSample,
  type Contact,
  contactKey,
  emptyHour,
  type SubjectHour,
} from './subject-hour.ts';

const kStartMs = Date.UTC(2026, 9, 7, 10);
const kHour = kStartMs / 3_600_000;

function contact(peer: string, samples: number): Contact {
  const made: Contact = {
    ...{ peer, port: 443, proto: 'TCP', home: false, flows: 1, answered: 1, probes: 0 },
    ...{ bytesOut: 1, bytesIn: 1, firstSeconds: 0, lastSeconds: 0, name: null, country: null },
    ...{ network: null, application: 'tls', samples: { timesMs: [], bytes: [] } },
  };
  for (let index = 0; index < samples; index++) addSample(made.samples, kStartMs, 123_456_789);
  return made;
}

function hourOf(subject: string, contacts: number, samples = 0): SubjectHour {
  const made = { ...emptyHour(subject, kHour, true), bytesIn: 1 };
  for (let index = 0; index < contacts; index++) {
    const peer = `93.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    made.contacts.set(contactKey(peer, 443, 'TCP'), contact(peer, samples));
  }
  return made;
}

test('senders who were made up take no device its place', () => {
  const open = new OpenHours();
  for (let index = 0; index < MAX_GUESTS + 10; index++) {
    open.take(emptyHour(`10.${index >> 8}.0.${index & 255}`, kHour, index % 2 === 0), 0);
  }
  expect([open.size, open.beyond]).toEqual([MAX_GUESTS, 10]);
  open.take(hourOf('10.200.0.1', 1), 0);
  expect([open.size, open.beyond]).toEqual([MAX_GUESTS + 1, 10]);
  // Something came back to one of them: its place is a guest's again.
  open.take(hourOf('10.0.0.0', 1), 0);
  open.take(emptyHour('10.201.0.1', kHour, false), 0);
  expect([open.size, open.beyond]).toEqual([MAX_GUESTS + 2, 10]);
  open.forget(open.all());
  open.take(emptyHour('10.202.0.1', kHour, false), 0);
  expect([open.size, open.beyond]).toEqual([1, 10]);
});

test('one transaction has room for devices beside senders who were made up', () => {
  const analysis = new LocalAnalysis();
  for (let index = 0; index < 9_000; index++) {
    const src = `10.${index >> 8}.1.${index & 255}`;
    analysis.add(flowEvent({ src, dest: '93.1.1.1', port: 80, startMs: kStartMs, how: 'syn' }));
  }
  analysis.add(flowEvent({ src: '10.200.0.1', dest: '93.1.1.1', port: 80, startMs: kStartMs }));
  expect(analysis.take().map(({ subject }) => subject)).toContain('10.200.0.1');
});

test('all hours of a shard share one bound of contacts', () => {
  const open = new OpenHours();
  for (let index = 0; index < 100; index++) open.take(hourOf(`10.0.0.${index}`, 2_000), 0);
  const held = (): number => open.all().reduce((sum, { hour }) => sum + hour.contacts.size, 0);
  expect(held()).toBe(MAX_OPEN_CONTACTS);
  expect(open.all().reduce((sum, { hour }) => sum + hour.beyond, 0)).toBe(
    200_000 - MAX_OPEN_CONTACTS,
  );
  // What is known goes on, and what is forgotten makes room.
  open.take(hourOf('10.0.0.1', 2_000), 0);
  expect(open.all()[1]?.hour.contacts.get('TCP 443 93.0.0.1')?.flows).toBe(2);
  open.forget(open.all().slice(0, 10));
  open.take(hourOf('10.0.1.1', 2_000), 0);
  expect(open.all().at(-1)?.hour.contacts.size).toBe(2_000);
});

test('hours that are large make many rows, each of which can be read', () => {
  const hours = Array.from({ length: 6 }, (_, index) => hourOf(`10.0.0.${index}`, 200, 720));
  const rows = [...packRows(hours, 512)];
  expect(rows.length).toBeGreaterThan(1);
  const back = rows.flatMap(({ body }) => unpackHours(body));
  expect(back.map(({ subject }) => subject)).toEqual(hours.map(({ subject }) => subject));
});

test('two hardware addresses of one address are strange at one place, not at two', () => {
  const flows = (places: readonly string[]): SubjectHour => {
    const analysis = new LocalAnalysis();
    for (let index = 0; index < 6; index++) {
      const flow: Event = flowEvent({
        ...{ src: '10.0.0.7', dest: '93.1.1.1', port: 443 },
        startMs: kStartMs + index * 60_000,
      });
      const ether = { src_mac: `02:00:00:00:00:0${index % 2}` };
      analysis.add({ ...flow, in_iface: places[index % 2], ether });
    }
    const [hour] = analysis.take();
    if (hour === undefined) throw new Error('nothing was gathered');
    return hour;
  };
  const told = (hour: SubjectHour): string[] =>
    judgeHour(hour, newState(), {
      ...{
        learningHours: 168,
        networkFirstHour: kHour,
        isNormal: () => false,
        isBelow: () => false,
      },
    }).findings.map(({ kind, about }) => `${kind} ${about}`);
  expect(told(flows(['eth0', 'eth0']))).toEqual([
    'arp_spoofing 02:00:00:00:00:00 02:00:00:00:00:01',
  ]);
  expect(told(flows(['eth0', 'eth1']))).toEqual([]);
  expect(mayTellEarly(flows(['eth0', 'eth0']))).toBe(false);
});
