/**
 * Which signatures fired in one transaction, and what their newest alert called them.
 *
 * Invariants: written in the order of gid and sid, the same in every replica, so that two transactions
 * that meet never wait in a circle; a name comes from the newest alert by its own time. Bound: the
 * alerts of the group.
 */
import { BinaryRows, binaryArray, type Instant } from '#manager/store/binary-rows.ts';
import { cleanText, integer, type Json, object, text } from './event-fields.ts';
import { OIDS } from './rollup-tables.ts';

export interface SignatureSighting {
  readonly gid: number;
  readonly sid: number;
  rev: number;
  severity: number;
  signature: string;
  category: string;
  first: Instant;
  last: Instant;
}

/** A message of a rule is a line; what a sensor sends beyond that is cut. */
const kMaxChars = 1024;

export class SignatureSightings {
  readonly #seen = new Map<string, SignatureSighting>();

  /** Takes an alert event whose fields are known to be sound, and returns which signature it is of. */
  see(event: Json, at: Instant): { gid: number; sid: number } {
    const alert = object(event['alert'], 'alert');
    const gid = integer(alert['gid'], 'alert.gid', Number.MIN_SAFE_INTEGER);
    const sid = integer(alert['signature_id'], 'alert.signature_id', Number.MIN_SAFE_INTEGER);
    const key = `${gid}:${sid}`;
    const known = this.#seen.get(key);
    if (known !== undefined) {
      if (isBefore(at, known.first)) known.first = at;
      if (isBefore(at, known.last)) return known;
      known.last = at;
      Object.assign(known, namesOf(alert));
      return known;
    }
    const fresh = { gid, sid, ...namesOf(alert), first: at, last: at };
    this.#seen.set(key, fresh);
    return fresh;
  }

  news(): readonly SignatureSighting[] {
    return [...this.#seen.values()].sort((a, b) => a.gid - b.gid || a.sid - b.sid);
  }
}

export const SIGNATURES_SQL = `
  INSERT INTO signatures_seen AS kept
    (gid, sid, rev, severity, signature, category, first_seen, last_seen)
  SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::text[], $6::text[],
    $7::timestamptz[], $8::timestamptz[])
  ON CONFLICT (gid, sid) DO UPDATE SET
    rev = CASE WHEN excluded.last_seen >= kept.last_seen THEN excluded.rev ELSE kept.rev END,
    severity = CASE WHEN excluded.last_seen >= kept.last_seen
      THEN excluded.severity ELSE kept.severity END,
    signature = CASE WHEN excluded.last_seen >= kept.last_seen
      THEN excluded.signature ELSE kept.signature END,
    category = CASE WHEN excluded.last_seen >= kept.last_seen
      THEN excluded.category ELSE kept.category END,
    first_seen = least(kept.first_seen, excluded.first_seen),
    last_seen = greatest(kept.last_seen, excluded.last_seen)`;

/** Parameters of SIGNATURES_SQL. */
export function signatureArrays(sightings: readonly SignatureSighting[]): Buffer[] {
  const fields = new BinaryRows(sightings.length * 32 + 32);
  const column = (oid: number, put: (sighting: SignatureSighting) => void): Buffer => {
    fields.clear();
    for (const sighting of sightings) put(sighting);
    return binaryArray(oid, sightings.length, fields.bytes());
  };
  return [
    column(OIDS.int8, ({ gid }) => fields.int8(gid)),
    column(OIDS.int8, ({ sid }) => fields.int8(sid)),
    column(OIDS.int8, ({ rev }) => fields.int8(rev)),
    column(OIDS.int8, ({ severity }) => fields.int8(severity)),
    column(OIDS.text, ({ signature }) => fields.text(signature)),
    column(OIDS.text, ({ category }) => fields.text(category)),
    column(OIDS.timestamptz, ({ first }) => fields.timestamptz(first)),
    column(OIDS.timestamptz, ({ last }) => fields.timestamptz(last)),
  ];
}

function namesOf(alert: Json) {
  return {
    rev: integer(alert['rev'], 'alert.rev', Number.MIN_SAFE_INTEGER),
    severity: integer(alert['severity'], 'alert.severity', Number.MIN_SAFE_INTEGER),
    signature: cut(text(alert['signature'], 'alert.signature')),
    category: cut(text(alert['category'], 'alert.category')),
  };
}

function cut(value: string): string {
  return cleanText(value.slice(0, kMaxChars));
}

function isBefore(a: Instant, b: Instant): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.micros < b.micros);
}
