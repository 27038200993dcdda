/**
 * Says in the log what was lost since the last look.
 *
 * Invariant: one line for each place of loss and look (one look a second), whatever the number lost.
 */
import type { Logger } from 'pino';
import { lostEvents, type Readings } from './ledger.ts';

interface Losses {
  readonly kernelDrops: number;
  readonly nicDrops: number;
  readonly queueEvents: number;
  readonly packingEvents: number;
  readonly spoolEvents: number;
}

export class DropWatch {
  readonly #log: Logger;
  #seen: Losses = { kernelDrops: 0, nicDrops: 0, queueEvents: 0, packingEvents: 0, spoolEvents: 0 };

  constructor(log: Logger) {
    this.#log = log;
  }

  look({ engine, intake, outbox }: Readings): void {
    const now: Losses = {
      kernelDrops: engine.kernelDrops,
      nicDrops: engine.nicDrops,
      queueEvents: engine.eventsDropped,
      packingEvents: intake.droppedEvents + intake.tooLargeEvents,
      spoolEvents: lostEvents(outbox),
    };
    const before = this.#seen;
    this.#seen = now;
    const packets = now.kernelDrops - before.kernelDrops;
    if (packets > 0) this.#log.warn({ packets }, 'Packets dropped by the kernel');
    const nic = now.nicDrops - before.nicDrops;
    if (nic > 0) this.#log.warn({ packets: nic }, 'Packets dropped by the interfaces');
    const queue = now.queueEvents - before.queueEvents;
    if (queue > 0) this.#log.warn({ events: queue }, 'Events dropped by a full engine queue');
    const packing = now.packingEvents - before.packingEvents;
    if (packing > 0) this.#log.error({ events: packing }, 'Events dropped while packing');
    const spool = now.spoolEvents - before.spoolEvents;
    if (spool > 0) this.#log.warn({ events: spool }, 'Events dropped from the spool');
  }
}
