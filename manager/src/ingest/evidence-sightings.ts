/**
 * Which findings of devices the events of one transaction brought.
 *
 * Invariants: a finding that was stored within kQuietSeconds is not written again; at most kMaxPerGroup
 * findings a transaction, those beyond are counted. Rows are written in one order, so replicas never wait in
 * a circle.
 */
import type { Address } from '#manager/enrich/address-book.ts';
import { type Finding, findingKey } from '#manager/enrich/evidence.ts';
import { BinaryRows, binaryArray, type Instant } from '#manager/store/binary-rows.ts';
import { OIDS } from './rollup-tables.ts';
import { TwoGenerations } from './two-generations.ts';

const kQuietSeconds = 3_600;
const kRemembered = 131_072;
const kMaxPerGroup = 20_000;

export interface EvidenceSighting {
  readonly key: string;
  readonly address: Address;
  /** '' where it is not known. */
  readonly mac: string;
  readonly finding: Finding;
  first: Instant;
  last: Instant;
}

/** Key of an address and a finding → seconds of the event that was stored last. */
export type EvidenceMemory = TwoGenerations<string, number>;

export function newEvidenceMemory(): EvidenceMemory {
  return new TwoGenerations(kRemembered);
}

export class EvidenceSightings {
  readonly #memory: EvidenceMemory;
  readonly #seen = new Map<string, EvidenceSighting>();
  dropped = 0;

  constructor(memory: EvidenceMemory) {
    this.#memory = memory;
  }

  see(
    { address, mac }: { readonly address: Address; readonly mac: string },
    finding: Finding,
    at: Instant,
  ): void {
    const key = `${address.key}\n${mac}\n${findingKey(finding)}`;
    const stored = this.#memory.get(key);
    if (stored !== undefined && Math.abs(at.seconds - stored) < kQuietSeconds) return;
    const known = this.#seen.get(key);
    if (known !== undefined) {
      if (at.seconds < known.first.seconds) known.first = at;
      if (at.seconds > known.last.seconds) known.last = at;
    } else if (this.#seen.size < kMaxPerGroup) {
      this.#seen.set(key, { key, address, mac, finding, first: at, last: at });
    } else {
      this.dropped += 1;
    }
  }

  news(): readonly EvidenceSighting[] {
    return [...this.#seen.values()];
  }
}

/** After the commit. */
export function rememberEvidence(memory: EvidenceMemory, news: readonly EvidenceSighting[]): void {
  for (const { key, last } of news) memory.set(key, last.seconds);
}

/** Addresses of one machine may bring the same finding: one row of them. */
export const EVIDENCE_SQL = `
  INSERT INTO device_evidence AS kept
    (subject, attribute, source, value, detail, confidence, first_seen, last_seen)
  SELECT CASE WHEN mac = '' THEN 'ip:' || host(ip) ELSE 'mac:' || mac END AS subject,
    attribute, source, value, max(detail), max(confidence)::smallint, min(first_seen), max(last_seen)
  FROM unnest($1::inet[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int8[],
      $8::timestamptz[], $9::timestamptz[])
    AS fresh (ip, mac, attribute, source, value, detail, confidence, first_seen, last_seen)
  GROUP BY 1, 2, 3, 4
  ORDER BY 1, 2, 3, 4
  ON CONFLICT (subject, attribute, source, value) DO UPDATE SET
    detail = excluded.detail,
    confidence = excluded.confidence,
    first_seen = least(kept.first_seen, excluded.first_seen),
    last_seen = greatest(kept.last_seen, excluded.last_seen),
    concluded = kept.concluded AND kept.confidence = excluded.confidence
      AND kept.detail = excluded.detail,
    updated_at = now()`;

/** Parameters of EVIDENCE_SQL. */
export function evidenceArrays(news: readonly EvidenceSighting[]): Buffer[] {
  const fields = new BinaryRows(news.length * 32 + 16);
  const column = (oid: number, put: (each: EvidenceSighting) => void): Buffer => {
    fields.clear();
    for (const each of news) put(each);
    return binaryArray(oid, news.length, fields.bytes());
  };
  return [
    column(OIDS.inet, ({ address }) => fields.encoded(address.field)),
    column(OIDS.text, ({ mac }) => fields.text(mac)),
    column(OIDS.text, ({ finding }) => fields.text(finding.attribute)),
    column(OIDS.text, ({ finding }) => fields.text(finding.source)),
    column(OIDS.text, ({ finding }) => fields.text(finding.value)),
    column(OIDS.text, ({ finding }) => fields.text(finding.detail)),
    column(OIDS.int8, ({ finding }) => fields.int8(Math.round(finding.confidence))),
    column(OIDS.timestamptz, ({ first }) => fields.timestamptz(first)),
    column(OIDS.timestamptz, ({ last }) => fields.timestamptz(last)),
  ];
}
