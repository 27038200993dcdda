/**
 * The sensor's conditions: is it capturing, is the bus there, is the spool sound.
 *
 * Invariant: `since` changes only when the status does; the sensor is ready while no condition is False.
 */
import type { Reported } from '#contracts/nats.ts';

export type Condition = Reported['conditions'][number];
type Judgement = Pick<Condition, 'status' | 'reason' | 'message'>;

export class Health {
  readonly #conditions = new Map<Condition['type'], Condition>();
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
    for (const type of ['Capturing', 'BusConnected', 'SpoolHealthy'] as const) {
      this.set(type, { status: 'Unknown', reason: 'Starting', message: 'Not known yet.' });
    }
  }

  set(type: Condition['type'], judgement: Judgement): void {
    const before = this.#conditions.get(type);
    const since = before?.status === judgement.status ? before.since : this.#now().toISOString();
    this.#conditions.set(type, { type, ...judgement, since });
  }

  conditions(): Condition[] {
    return [...this.#conditions.values()];
  }

  /** Every condition is known and none is False. */
  get ready(): boolean {
    return this.conditions().every(({ status }) => status === 'True');
  }
}

export interface SpoolReadings {
  readonly fault: { readonly code: string; readonly message: string } | undefined;
  readonly path: string;
  readonly diskBytes: number;
  readonly capacityBytes: number;
  /** Events lost since the last look. */
  readonly newlyLostEvents: number;
}

export function judgeSpool(spool: SpoolReadings): Judgement {
  const { fault, path } = spool;
  if (fault !== undefined) {
    const full = fault.code === 'ENOSPC' || fault.code === 'EDQUOT';
    return {
      status: 'False',
      reason: full ? 'DiskFull' : 'DiskFault',
      message: `${path} takes no batches (${fault.code}): they are held in memory only.`,
    };
  }
  if (spool.newlyLostEvents > 0) {
    return {
      status: 'False',
      reason: 'Losing',
      message: `${spool.newlyLostEvents} events were lost in the last seconds; the spool's bound is ${spool.capacityBytes} bytes.`,
    };
  }
  return { status: 'True', reason: 'Sound', message: `${spool.diskBytes} bytes wait in ${path}.` };
}

export interface BusReadings {
  readonly up: boolean;
  readonly reason: string;
  readonly message: string;
  readonly faultsInRow: number;
}

/** As many faults in a row show that connected is not enough. */
const kFaultsThatCount = 3;

export function judgeBus(bus: BusReadings): Judgement {
  if (!bus.up) return { status: 'False', reason: bus.reason, message: bus.message };
  if (bus.faultsInRow >= kFaultsThatCount) {
    return {
      status: 'False',
      reason: 'NotAcknowledging',
      message: `The last ${bus.faultsInRow} batches were not acknowledged; they wait in the spool.`,
    };
  }
  return { status: 'True', reason: bus.reason, message: bus.message };
}
