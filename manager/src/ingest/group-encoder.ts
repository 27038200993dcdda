/**
 * Turns batches of NDJSON lines into what one transaction writes: rows in COPY form, rollup sums, devices.
 *
 * Invariants: a line is either rows or a rejection with its reason, never neither and never both; nothing
 * is written anywhere before the transaction. It yields to the event loop every kLinesPerTurn lines.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MAX_BATCH_EVENTS } from '#contracts/nats.ts';
import type { DomainNames } from '#manager/analysis/domain-parts.ts';
import { type FactRow, factRows } from '#manager/analysis/facts.ts';
import { Gatherer } from '#manager/analysis/gather.ts';
import type { AddressBook } from '#manager/enrich/address-book.ts';
import { DeviceFindings } from '#manager/enrich/device-findings.ts';
import type { DomainCache } from '#manager/enrich/domain-cache.ts';
import type { IdentityBook, KubernetesEnds } from '#manager/enrich/identity-book.ts';
import type { VendorBook } from '#manager/enrich/vendor-book.ts';
import { BinaryRows, encodeField, PG_EPOCH_SECONDS } from '#manager/store/binary-rows.ts';
import { type AlertNotice, AlertNotices } from './alert-notices.ts';
import type { DecodedBatch } from './decode-batch.ts';
import { DeviceLearner } from './device-learner.ts';
import { type DeviceMemory, DeviceSightings, type Sighting } from './device-sightings.ts';
import {
  InvalidEvent,
  type Json,
  object,
  optionalObject,
  optionalText,
  putInt8,
  putPort,
  putText,
  text,
  time,
} from './event-fields.ts';
import { EVENT_TABLES, type EventTable, HEADER_COLUMNS, putWord, tableOf } from './event-tables.ts';
import {
  type EvidenceMemory,
  type EvidenceSighting,
  EvidenceSightings,
  newEvidenceMemory,
} from './evidence-sightings.ts';
import { type Ends, type FlowFacts, flowFacts } from './flow-facts.ts';
import { type RollupArrays, RollupSums, type Source } from './rollup-sums.ts';
import { type SignatureSighting, SignatureSightings } from './signature-sightings.ts';

export interface Rejection {
  readonly subject: string;
  readonly msgId: string | null;
  /** Line of the batch, from 0; null where it is the whole message. */
  readonly line: number | null;
  readonly reason: string;
  readonly sample: Buffer;
}

export interface EncodedGroup {
  readonly tables: ReadonlyMap<EventTable, BinaryRows>;
  readonly rollups: readonly RollupArrays[];
  readonly devices: readonly Sighting[];
  /** Sightings of addresses that were not taken for devices. */
  readonly devicesRefused: number;
  readonly evidence: readonly EvidenceSighting[];
  readonly evidenceDropped: number;
  readonly signatures: readonly SignatureSighting[];
  /** Alerts that people may be told of, and how many found no room. */
  readonly notices: readonly AlertNotice[];
  readonly noticesBeyond: number;
  /** What analysis will take up, and what found no room in it. */
  readonly facts: readonly FactRow[];
  readonly factsBeyond: number;
  readonly rejections: readonly Rejection[];
  /** Rejected lines; `rejections` holds the first kKeptRejections of them. */
  readonly rejected: number;
  /** Stored events by type. */
  readonly events: ReadonlyMap<string, number>;
  readonly storedOn: string;
}

export interface GroupEncoderOptions {
  readonly addresses: AddressBook;
  readonly domains: DomainCache;
  /** Undefined outside a cluster. */
  readonly identities?: IdentityBook | undefined;
  readonly devices: DeviceMemory;
  /** Undefined where nothing is analysed. */
  readonly analysis?: { readonly names: DomainNames; readonly nowSeconds: number } | undefined;
  /** What enriching keeps between groups; undefined: nothing. */
  readonly memory?: EnrichMemory | undefined;
  readonly vendors?: VendorBook | undefined;
  /** Rows that one transaction adds to one rollup at most. */
  readonly maxRollupKeys: number;
  /** The UTC day under which the rows are stored. */
  readonly storedOn: string;
}

export interface EnrichMemory {
  readonly evidence: EvidenceMemory;
  readonly findings: DeviceFindings;
}

export function newEnrichMemory(): EnrichMemory {
  return { evidence: newEvidenceMemory(), findings: new DeviceFindings() };
}

const kLinesPerTurn = 512;
/** Row ids are batch number * kMaxLines (2^20) + line. */
const kMaxLines = MAX_BATCH_EVENTS;
const kLow32 = 2 ** 32 / kMaxLines;
const kKeptRejections = 100;
const kSampleBytes = 2048;
const EVENT_TYPE = /^[a-z][a-z0-9_]{0,31}$/;
const kDaySeconds = 86_400;

export class GroupEncoder {
  readonly #options: GroupEncoderOptions;
  readonly #sums = new RollupSums();
  readonly #sightings: DeviceSightings;
  readonly #evidence: EvidenceSightings;
  readonly #learner: DeviceLearner;
  readonly #signatures = new SignatureSightings();
  readonly #notices = new AlertNotices();
  readonly #tables = new Map(EVENT_TABLES.map((table) => [table, new BinaryRows()]));
  readonly #events = new Map<string, number>();
  readonly #rejections: Rejection[] = [];
  readonly #gatherer: Gatherer | undefined;
  readonly #storedOn: Uint8Array;
  #rejected = 0;

  constructor(options: GroupEncoderOptions) {
    this.#options = options;
    this.#sightings = new DeviceSightings(options.addresses, options.devices);
    const { analysis } = options;
    this.#gatherer = analysis === undefined ? undefined : new Gatherer(analysis.names);
    const { evidence, findings } = options.memory ?? newEnrichMemory();
    this.#evidence = new EvidenceSightings(evidence);
    this.#learner = new DeviceLearner({
      sightings: this.#sightings,
      evidence: this.#evidence,
      findings,
      memory: options.devices,
      vendors: options.vendors,
      addressOf: (text) => options.addresses.get(text),
    });
    const days = Date.parse(`${options.storedOn}T00:00:00Z`) / 1000 - PG_EPOCH_SECONDS;
    this.#storedOn = encodeField((rows) => rows.int4(days / kDaySeconds));
  }

  /** Adds all lines of a batch; `only` restricts it to some of them, where others were found faulty. */
  async add(batch: DecodedBatch, only?: (line: number) => boolean): Promise<void> {
    const origin = originOf(batch);
    const { text: lines } = batch;
    let line = 0;
    for (let from = 0; from < lines.length; ) {
      const newline = lines.indexOf('\n', from);
      const to = newline === -1 ? lines.length : newline;
      if (to > from && (only === undefined || only(line))) {
        this.#addLine(lines.slice(from, to), line, origin);
      }
      line += 1;
      if (line % kLinesPerTurn === 0) await nextTurn();
      from = to + 1;
    }
  }

  /** Counts and keeps what cannot be stored. */
  reject(rejection: Rejection): void {
    this.#rejected += 1;
    if (this.#rejections.length < kKeptRejections) this.#rejections.push(rejection);
  }

  finish(): EncodedGroup {
    return {
      tables: this.#tables,
      rollups: this.#sums.arrays(this.#options.maxRollupKeys),
      devices: this.#sightings.news(),
      devicesRefused: this.#sightings.refused,
      evidence: this.#evidence.news(),
      evidenceDropped: this.#evidence.dropped,
      signatures: this.#signatures.news(),
      notices: this.#notices.news(),
      noticesBeyond: this.#notices.beyond,
      facts: factRows(this.#gatherer?.hours() ?? [], this.#options.analysis?.nowSeconds ?? 0),
      factsBeyond: this.#gatherer?.beyond ?? 0,
      rejections: this.#rejections,
      rejected: this.#rejected,
      events: this.#events,
      storedOn: this.#options.storedOn,
    };
  }

  #addLine(line: string, number: number, origin: Origin): void {
    try {
      if (number >= kMaxLines) throw new InvalidEvent('batch', `at most ${kMaxLines} lines`);
      this.#addEvent(object(parseJson(line), 'event'), line, number, origin);
    } catch (error) {
      // A line that our own code stumbles over would do so for ever: it is set aside like any other.
      const reason = error instanceof InvalidEvent ? error.message : `internal: ${String(error)}`;
      const sample = Buffer.from(line.slice(0, kSampleBytes)).subarray(0, kSampleBytes);
      const { subject, msgId } = origin.batch;
      this.reject({ subject, msgId, line: number, reason, sample });
    }
  }

  #addEvent(event: Json, line: string, number: number, origin: Origin): void {
    const { addresses, domains, identities } = this.#options;
    const type = text(event['event_type'], 'event_type');
    if (!EVENT_TYPE.test(type)) throw new InvalidEvent('event_type', 'a lower-case word is wanted');
    const at = time(event['timestamp'], 'timestamp');
    const ends: Ends = {
      src: addressOf(addresses, event['src_ip'], 'src_ip'),
      dest: addressOf(addresses, event['dest_ip'], 'dest_ip'),
    };
    learnName(domains, type, event);
    const flow: FlowFacts | undefined =
      type === 'flow' ? flowFacts(event, ends, domains) : undefined;
    const table = tableOf(type);
    const rows = this.#rowsOf(table);
    let kubernetes: KubernetesEnds | undefined;
    rows.beginRow(HEADER_COLUMNS.length + table.columns.length);
    try {
      const seqHigh = Math.floor(origin.batch.seq / kLow32);
      const seqLow = origin.batch.seq - seqHigh * kLow32;
      rows.int8Parts(seqHigh, seqLow * kMaxLines + number);
      rows.timestamptz(flow?.start ?? at);
      putInt8(rows, event['flow_id'], 'flow_id');
      rows.encoded(this.#storedOn);
      putPort(rows, event['src_port'], 'src_port');
      putPort(rows, event['dest_port'], 'dest_port');
      if (ends.src === undefined) rows.null();
      else rows.encoded(ends.src.field);
      if (ends.dest === undefined) rows.null();
      else rows.encoded(ends.dest.field);
      rows.encoded(origin.sensor);
      rows.encoded(origin.node);
      putWord(rows, event['proto'], 'proto');
      putWord(rows, event['app_proto'], 'app_proto');
      putText(rows, event['community_id'], 'community_id');
      kubernetes = identities?.ends(ends.src?.key, ends.dest?.key, flow?.start ?? at);
      if (kubernetes === undefined) rows.null();
      else rows.jsonb(JSON.stringify(kubernetes));
      // What a sensor says of it counts for nothing.
      const isPlain = kubernetes === undefined && event['kubernetes'] === undefined;
      const named = isPlain ? event : { ...event, kubernetes };
      table.put(rows, { event: named, line, type, flow });
    } catch (error) {
      rows.undoRow();
      throw error;
    }
    this.#events.set(type, (this.#events.get(type) ?? 0) + 1);
    this.#sums.addEvent(type, at, origin.source);
    if (type === 'alert') {
      const { gid, sid } = this.#signatures.see(event, at);
      this.#sums.addAlert(at, gid, sid);
      this.#notices.see(event, at, ends);
    }
    if (flow === undefined) {
      this.#learner.learn(type, event, ends, at);
      this.#gatherer?.addEvent(type, event, at, ends);
    } else {
      this.#sums.addFlow(flow, origin.source);
      this.#learner.learnFlow(event, flow, kubernetes);
      this.#gatherer?.addFlow(event, flow, origin.source.key);
    }
  }

  #rowsOf(table: EventTable): BinaryRows {
    const rows = this.#tables.get(table);
    if (rows === undefined) throw new Error(`no rows for ${table.table}`);
    return rows;
  }
}

/** What all rows of a batch share, encoded once. */
interface Origin {
  readonly batch: DecodedBatch;
  readonly sensor: Uint8Array;
  readonly node: Uint8Array;
  readonly source: Source;
}

function originOf(batch: DecodedBatch): Origin {
  const { sensor, node } = batch;
  return {
    batch,
    sensor: encodeField((rows) => rows.text(sensor)),
    node: encodeField((rows) => rows.text(node)),
    source: { sensor, node, key: `${sensor} ${node}` },
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new InvalidEvent('event', 'JSON is wanted');
  }
}

function addressOf(addresses: AddressBook, value: unknown, path: string) {
  const ip = optionalText(value, path);
  if (ip === undefined) return undefined;
  const address = addresses.get(ip);
  if (address === undefined) throw new InvalidEvent(path, 'an IP address is wanted');
  return address;
}

function learnName(domains: DomainCache, type: string, event: Json): void {
  if (type === 'tls' || type === 'quic') {
    domains.learn(event['flow_id'], optionalObject(event[type], type)?.['sni'], 'sni');
  } else if (type === 'http') {
    domains.learn(event['flow_id'], optionalObject(event['http'], 'http')?.['hostname'], 'host');
  }
}
