/**
 * From candidates to beacons: the modifiers, the threshold, and the finding with its sentence.
 *
 * Invariant: pure; how many devices call a target is given.
 */
import { type BeaconScores, modifiedScore } from './detectors/beacon.ts';
import { durationText, type Finding, found, part } from './finding.ts';
import type { BeaconCandidate } from './judge.ts';

/** Scores from which a beacon is told. RITA calls 0.75 medium and 0.9 high. */
export const BEACON_SCORE = 0.78;
const kMinInterval = 0.6;
const kDayMs = 86_400_000;

export interface Calls {
  /** Devices that call the target like a clock, this one among them. */
  readonly devices: number;
  readonly allDevices: number;
}

export interface Weighed {
  readonly score: number;
  readonly prevalence: number;
}

export function weigh(candidate: BeaconCandidate, { devices, allDevices }: Calls): Weighed {
  const prevalence = allDevices > 0 ? Math.min(1, devices / allDevices) : 0;
  const knownDays = (candidate.lastMs - candidate.firstMs) / kDayMs;
  const score = modifiedScore(candidate.scores.score, {
    prevalence,
    devices: allDevices,
    knownDays,
  });
  return { score, prevalence };
}

export function beaconFinding(
  subject: string,
  candidate: BeaconCandidate,
  { score, prevalence }: Weighed,
): Finding[] {
  const { target, scores, firstMs, lastMs, count } = candidate;
  if (score < BEACON_SCORE || scores.interval < kMinInterval) return [];
  const place = target.slice(target.indexOf(' ') + 1);
  const way = target.slice(0, target.indexOf(' '));
  return [
    found({
      ...{ kind: 'beacon', subject, about: target },
      firstSeconds: Math.floor(firstMs / 1_000),
      lastSeconds: Math.floor(lastMs / 1_000),
      summary: `${subject} calls ${place} (${way}) every ${durationText(scores.periodSeconds)}, give or take ${Math.round(scores.jitter * 100)} %: ${count} times in ${durationText((lastMs - firstMs) / 1_000)}`,
      parts: [
        ...scoreParts(scores),
        part(
          'prevalence',
          (score - scores.score) * 100,
          `${Math.round(prevalence * 100)} % of the devices`,
          'many, or few',
        ),
      ],
    }),
  ];
}

function scoreParts({ interval, size, histogram, duration }: BeaconScores) {
  const quarter = (name: string, value: number) =>
    part(name, value * 25, value.toFixed(2), '0 for people, 1 for clocks');
  return [
    quarter('interval', interval),
    quarter('size', size),
    quarter('histogram', histogram),
    quarter('duration', duration),
  ];
}
