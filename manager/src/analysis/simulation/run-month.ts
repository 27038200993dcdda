/** Plays a generated month through the analysis and counts what was found, missed and made up. */
import type { Finding } from '../finding.ts';
import { type Incident, plant } from './incidents.ts';
import { LocalAnalysis } from './local-analysis.ts';
import { MONTH_HOURS, MONTH_START_HOUR, Month, type MonthOptions } from './month.ts';
import { Random } from './random.ts';

export interface MonthResult {
  readonly seed: number;
  readonly events: number;
  readonly devices: number;
  readonly incidents: readonly Incident[];
  readonly missed: readonly Incident[];
  readonly falseAlerts: readonly Finding[];
  readonly findings: readonly Finding[];
}

const kIncidents = 30;

export function runMonth(seed: number, options: MonthOptions): MonthResult {
  const month = new Month(seed, options);
  const incidents = plant(new Random(seed ^ 0x5eed), month.devices, kIncidents);
  const analysis = new LocalAnalysis();
  let events = 0;
  for (let index = 0; index < MONTH_HOURS; index++) {
    const own = month.hour(index);
    const planted = incidents.flatMap((incident) => incident.events.get(index) ?? []);
    for (const event of own) analysis.add(event);
    for (const event of planted) analysis.add(event);
    events += own.length + planted.length;
    analysis.judge();
  }
  const { findings } = analysis;
  const missed = incidents.filter((incident) => !findings.some((each) => tells(each, incident)));
  // A finding on the device of an incident at its time is its consequence, of whatever kind.
  const falseAlerts = findings.filter(
    (each) => !incidents.some((incident) => during(each, incident)),
  );
  return { seed, events, devices: month.devices.length, incidents, missed, falseAlerts, findings };
}

function during(finding: Finding, { subject, from, to }: Incident): boolean {
  const fromSeconds = (MONTH_START_HOUR + from - 1) * 3_600;
  const toSeconds = (MONTH_START_HOUR + to + 25) * 3_600;
  return (
    finding.subject === subject &&
    finding.lastSeconds >= fromSeconds &&
    finding.firstSeconds <= toSeconds
  );
}

function tells(finding: Finding, incident: Incident): boolean {
  return incident.told.includes(finding.kind) && during(finding, incident);
}
