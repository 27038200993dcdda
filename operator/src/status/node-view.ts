/**
 * What the last report of a node means: its conditions and the few facts a person acts on.
 *
 * Invariants: pure; `essenceOf` is equal for two statuses between which nobody would write: it leaves
 * out figures and messages, which move all the time.
 */
import type { Reported } from '#contracts/nats.ts';
import type { SensorNodeStatus } from '#crds/sensor-node.ts';
import { conditionsOf, type Judgement, judgement } from '../runtime/conditions.ts';

export interface NodeReadings {
  /** The last there was; undefined when none ever came. */
  readonly report: Reported | undefined;
  readonly silent: boolean;
  /** In percent, rounded up to one that a person can read. */
  readonly lossLevel: number | undefined;
  /** Whole percents, for bounds. */
  readonly lossPercent: number | undefined;
  /** A whole window of reports came since the sensor started, or since we listen. */
  readonly lossSettled: boolean;
  /** Digest of the bundle the node was told to load. */
  readonly wanted?: string | undefined;
}

/** From here on a node's loss is a fault and not a blip. */
const kLossFaultPercent = 1;
/** Packets are taken, but not as the spec says. */
const kSettingsRefused = 'SettingsRefused';

export function isReporting({ report, silent }: NodeReadings): boolean {
  return report !== undefined && !silent;
}

/** It reports, and packets are not taken as the spec says. */
export function isCaptureFaulty(readings: NodeReadings): boolean {
  if (!isReporting(readings)) return false;
  return judge(readings).some(
    ({ type, status }) => type === 'CaptureHealthy' && status === 'False',
  );
}

/** It reports, and something is wrong. */
export function isDegraded(readings: NodeReadings): boolean {
  return isReporting(readings) && judge(readings).some(({ status }) => status === 'False');
}

export function lossText(level: number | undefined): string | undefined {
  return level === undefined ? undefined : `${level}%`;
}

export function nodeStatus(
  readings: NodeReadings,
  before: SensorNodeStatus | undefined,
  now: Date,
): SensorNodeStatus {
  const judged = judge(readings);
  const loss = lossText(readings.lossLevel);
  return {
    reporting: isReporting(readings) ? 'True' : 'Unknown',
    ...(readings.report === undefined ? {} : factsOf(readings.report)),
    ...(loss === undefined ? {} : { loss }),
    conditions: conditionsOf(judged, before?.conditions, { generation: undefined, now }),
  };
}

/** Two statuses with the same essence say the same to a person. */
export function essenceOf(status: SensorNodeStatus | undefined): string {
  const { reporting, version, startedAt, signatures, loss, interfaces = [] } = status ?? {};
  return JSON.stringify([
    ...[reporting, version, startedAt, signatures, loss],
    interfaces.map(({ name, strategy, up, workers }) => [name, strategy, up, workers]),
    status?.conditions?.map(({ type, status: state, reason }) => [type, state, reason]),
  ]);
}

/** As many as the kind's schema takes. */
const kMaxInterfaces = 64;

function factsOf(report: Reported): SensorNodeStatus {
  const { counters, spool } = report;
  return {
    version: report.version,
    startedAt: report.startedAt,
    ...signaturesOf(report),
    interfaces: report.interfaces
      .slice(0, kMaxInterfaces)
      .map(({ name, strategy, up, workers }) => ({ name, strategy, up, workers })),
    snapshotTime: report.reportedAt,
    kernelPackets: counters.kernelPackets,
    kernelDrops: counters.kernelDrops,
    eventsMade: counters.eventsMade,
    eventsLost: counters.eventsDroppedQueue + counters.eventsDroppedSpool,
    spoolBytes: spool.bytes,
    rssBytes: report.rssBytes,
  };
}

function signaturesOf({ signatures }: Reported): Pick<SensorNodeStatus, 'signatures'> {
  return signatures?.digest === undefined ? {} : { signatures: signatures.digest };
}

function judge({ report, silent, lossLevel, wanted }: NodeReadings): Judgement[] {
  if (report === undefined) return unheard('NeverReported', 'No report came from this node yet.');
  if (silent) {
    const words = `No report came for half a minute; the last was made at ${report.reportedAt}.`;
    return unheard('Silent', words);
  }
  return [
    judgement('Reporting', 'True', 'Fresh', 'Reports arrive.'),
    judgeCapture(report, lossLevel),
    passedOn(report, 'BusConnected'),
    passedOn(report, 'SpoolHealthy'),
    ...judgeSignatures(report, wanted),
  ];
}

/** None where nothing is wanted and nothing is loaded. Waiting is no fault, so it is not False. */
function judgeSignatures({ signatures }: Reported, wanted: string | undefined): Judgement[] {
  const { digest, failure, rulesLoaded } = signatures ?? {};
  const say = (status: Judgement['status'], reason: string, message: string): Judgement[] => [
    judgement('SignaturesCurrent', status, reason, message),
  ];
  if (failure !== undefined && (wanted === undefined || wanted !== digest)) {
    return say('False', 'LoadFailed', `${failure.reason}: ${failure.message}`);
  }
  if (digest === undefined && wanted === undefined) return [];
  if (wanted === undefined || wanted === digest) {
    const rules = rulesLoaded === undefined ? '' : ` ${rulesLoaded} rules match.`;
    return say('True', 'Loaded', `The engine has loaded ${digest}.${rules}`);
  }
  return say('Unknown', 'Pending', `${wanted} is to be loaded; ${digest ?? 'nothing'} is in use.`);
}

function unheard(reason: string, words: string): Judgement[] {
  return ['Reporting', 'CaptureHealthy'].map((type) => judgement(type, 'Unknown', reason, words));
}

function judgeCapture(report: Reported, lossLevel = 0): Judgement {
  const capturing = passedOn(report, 'Capturing', 'CaptureHealthy');
  if (capturing.status === 'True' && capturing.reason === kSettingsRefused) {
    return judgement('CaptureHealthy', 'False', kSettingsRefused, capturing.message);
  }
  if (capturing.status !== 'True' || lossLevel < kLossFaultPercent) return capturing;
  const words = `Up to ${lossLevel}% of the packets of the last minute were lost in the kernel's ring: give it more memory (capture.ringSizeMiB) or more threads (capture.workers).`;
  return judgement('CaptureHealthy', 'False', 'Losing', words);
}

/** A condition of the sensor's own, as it said it. */
function passedOn(
  report: Reported,
  type: Reported['conditions'][number]['type'],
  as: string = type,
): Judgement {
  const found = report.conditions.find((condition) => condition.type === type);
  if (found === undefined)
    return judgement(as, 'Unknown', 'NotReported', 'The sensor did not say.');
  return judgement(as, found.status, found.reason, found.message);
}
