/**
 * The analysis without its servers: the same gathering, judging, weighing and merging, in memory and in one
 * thread. For the generated month, for benchmarks and for tests of detectors from events to findings.
 */
import { AddressBook } from '../../enrich/address-book.ts';
import { DomainCache } from '../../enrich/domain-cache.ts';
import { type Network, PRIVATE_NETWORKS, parseNetwork } from '../../enrich/ip-address.ts';
import { time } from '../../ingest/event-fields.ts';
import { flowFacts } from '../../ingest/flow-facts.ts';
import { beaconFinding, weigh } from '../beacon-findings.ts';
import { type DeviceState, newState } from '../device-state.ts';
import { DomainNames } from '../domain-parts.ts';
import { type Finding, MERGE_HOURS } from '../finding.ts';
import { Gatherer } from '../gather.ts';
import { judgeHour } from '../judge.ts';
import type { SubjectHour } from '../subject-hour.ts';
import type { Event } from './events.ts';

export interface LocalOptions {
  readonly learningHours?: number;
}

export class LocalAnalysis {
  readonly states = new Map<string, DeviceState>();
  readonly findings: Finding[] = [];
  readonly #learningHours: number;
  readonly #names = new DomainNames();
  readonly #domains = new DomainCache();
  readonly #addresses = new AddressBook(
    PRIVATE_NETWORKS.map(parseNetwork).filter((each): each is Network => each !== undefined),
  );
  readonly #candidates = new Map<string, Set<string>>();
  #gatherer = new Gatherer(this.#names);
  #networkFirstHour = Number.MAX_SAFE_INTEGER;

  constructor({ learningHours = 168 }: LocalOptions = {}) {
    this.#learningHours = learningHours;
  }

  add(event: Event): void {
    const ends = {
      src: this.#addresses.get(String(event['src_ip'])),
      dest: this.#addresses.get(String(event['dest_ip'])),
    };
    if (event.event_type === 'flow') {
      this.#gatherer.addFlow(event, flowFacts(event, ends, this.#domains));
    } else {
      const at = time(event['timestamp'], 'timestamp');
      this.#gatherer.addEvent(event.event_type, event, at, ends);
    }
  }

  /** What was gathered so far, which is taken away by it. */
  take(): SubjectHour[] {
    const hours = this.#gatherer.hours();
    this.#gatherer = new Gatherer(this.#names);
    return hours;
  }

  /** Judges all that was added: whole hours, in order. */
  judge(): void {
    const hours = this.take().sort((a, b) => a.hour - b.hour || (a.subject < b.subject ? -1 : 1));
    for (const hour of hours) this.#judgeOne(hour);
  }

  #judgeOne(hour: SubjectHour): void {
    this.#networkFirstHour = Math.min(this.#networkFirstHour, hour.hour);
    const state = this.states.get(hour.subject) ?? newState();
    this.states.set(hour.subject, state);
    const { findings, beacons } = judgeHour(hour, state, {
      learningHours: this.#learningHours,
      networkFirstHour: this.#networkFirstHour,
      isNormal: () => false,
      isBelow: () => false,
    });
    for (const finding of findings) this.#tell(finding);
    for (const candidate of beacons) {
      const callers = this.#candidates.get(candidate.target) ?? new Set();
      this.#candidates.set(candidate.target, callers.add(hour.subject));
      const weighed = weigh(candidate, { devices: callers.size, allDevices: this.states.size });
      for (const each of beaconFinding(hour.subject, candidate, weighed)) this.#tell(each);
    }
  }

  /** Merges as store-findings.ts does. */
  #tell(finding: Finding): void {
    const mergeSeconds = MERGE_HOURS * 3_600;
    const at = this.findings.findLastIndex(
      (each) =>
        each.kind === finding.kind &&
        each.subject === finding.subject &&
        each.about === finding.about &&
        each.lastSeconds >= finding.firstSeconds - mergeSeconds,
    );
    const known = this.findings[at];
    if (known === undefined) {
      this.findings.push(finding);
      return;
    }
    this.findings[at] = {
      ...(finding.score >= known.score ? finding : known),
      firstSeconds: Math.min(known.firstSeconds, finding.firstSeconds),
      lastSeconds: Math.max(known.lastSeconds, finding.lastSeconds),
    };
  }
}
