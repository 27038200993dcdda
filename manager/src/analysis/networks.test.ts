// Networks and countries that are new for a device: in the sentence, in the score, and learned. What is not told is
// held all the same.
import { expect, test } from 'vitest';
import { type DeviceState, newState, packState, unpackState } from './device-state.ts';
import type { Finding } from './finding.ts';
import { packHours, unpackHours } from './hour-codec.ts';
import { judgeHour } from './judge.ts';
import { belowOf } from './said.ts';
import {
  type Contact,
  contactKey,
  emptyHour,
  newSamples,
  type SubjectHour,
} from './subject-hour.ts';

const kFirstHour = Date.UTC(2026, 9, 5) / 3_600_000;
const kLearned = 10 * 24;
const OPTIONS = {
  learningHours: 168,
  networkFirstHour: kFirstHour,
  isNormal: () => false,
  isBelow: () => false,
};
const USUAL = { country: 'SE', network: 'AS1 One' };

function hourTo(at: number, peer: string, bytesOut: number, place: typeof USUAL): SubjectHour {
  const hour = emptyHour('10.0.0.7', kFirstHour + at, true);
  const made: Contact = {
    ...{ peer, port: 443, proto: 'TCP', home: false, flows: 1, answered: 1, probes: 0 },
    ...{ bytesOut, bytesIn: 10_000, firstSeconds: 0, lastSeconds: 0, name: null, ...place },
    ...{ application: 'tls', samples: newSamples() },
  };
  hour.contacts.set(contactKey(peer, 443, 'TCP'), made);
  hour.flows = 1;
  hour.bytesOut = bytesOut;
  hour.bytesIn = 10_000;
  const [back] = unpackHours(packHours([hour]));
  return back ?? hour;
}

function learned(): DeviceState {
  const state = newState();
  for (let at = 0; at < kLearned; at++) {
    judgeHour(hourTo(at, '93.1.1.1', 20_000 + (at % 7) * 500, USUAL), state, OPTIONS);
  }
  return unpackState(packState(state));
}

/** What is said of 900 MB to that place, after days of the usual one. */
function saidOf(place: typeof USUAL): readonly Finding[] {
  const state = learned();
  const { findings } = judgeHour(hourTo(kLearned, '94.2.2.2', 900_000_000, place), state, OPTIONS);
  return findings.filter(({ kind }) => kind === 'exfiltration');
}

const namesOf = ([finding]: readonly Finding[]): string[] =>
  (finding?.parts ?? []).map(({ name }) => name);

test('a network and a country that are new for the device are told and count', () => {
  const strange = saidOf({ country: 'KP', network: 'AS64500 Elsewhere' });
  expect(strange[0]?.summary).toContain('94.2.2.2 (AS64500 Elsewhere)');
  expect(namesOf(strange)).toEqual(expect.arrayContaining(['rare country', 'rare network']));
  const usual = saidOf(USUAL);
  expect(namesOf(usual)).not.toEqual(expect.arrayContaining(['rare network']));
  expect(strange[0]?.score).toBe((usual[0]?.score ?? 0) + 10);
});

test('a network that has another name is the same one', () => {
  expect(namesOf(saidOf({ country: 'SE', network: 'AS1 Renamed' }))).not.toContain('rare network');
});

test('a threshold changes what is told and nothing of what is learned', () => {
  const strange = { country: 'KP', network: 'AS64500 Elsewhere' };
  const states = [0, 101].map((min_score) => {
    const state = learned();
    const isBelow = belowOf([{ kind: null, subject: null, min_score }]);
    const hour = hourTo(kLearned, '94.2.2.2', 900_000_000, strange);
    const { findings } = judgeHour(hour, state, { ...OPTIONS, isBelow });
    expect(findings.length > 0).toBe(min_score === 0);
    expect([state.held, state.taught]).toEqual([1, kLearned]);
    return packState(state);
  });
  expect(states[1]).toEqual(states[0]);
});
