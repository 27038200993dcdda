/**
 * Which signature fired at which device in one transaction, so that people are told (notify/).
 *
 * Invariants: one notice a signature and device, told again no sooner than kAgainHours after it was told; one that no
 * channel wants, or that is silenced, stays due, and so does one that is given up (notify/notifier.ts). Written in order of gid, sid and device, the same in every replica, so that two transactions that meet never wait in a circle. Bound: MAX_NOTICES a transaction, the others are counted: the alerts themselves are stored all the same.
 */
import type { Address } from '#manager/enrich/address-book.ts';
import { BinaryRows, binaryArray, type Instant } from '#manager/store/binary-rows.ts';
import { cleanText, integer, type Json, object, text } from './event-fields.ts';
import type { Ends } from './flow-facts.ts';
import { OIDS } from './rollup-tables.ts';

export interface AlertNotice {
  readonly gid: number;
  readonly sid: number;
  readonly subject: Address;
  readonly peer: Address | undefined;
  readonly score: number;
  readonly signature: string;
  readonly category: string;
  first: Instant;
  last: Instant;
  alerts: number;
}

const kAgainHours = 24;
export const MAX_NOTICES = 1_000;
const kMaxChars = 256;
/** By severity, where 1 is the worst. */
const SCORES: Readonly<Record<number, number>> = { 1: 90, 2: 60, 3: 40 };
const kLeastScore = 20;

export class AlertNotices {
  readonly #notices = new Map<string, AlertNotice>();
  /** Alerts that found no room. */
  beyond = 0;

  /** Of an alert whose fields are known to be sound. */
  see(event: Json, at: Instant, { src, dest }: Ends): void {
    // Whose it is: the end on our side, the client where both or neither are.
    const isServer = dest?.home === true && src?.home !== true;
    const [subject, peer] = isServer ? [dest, src] : [src ?? dest, src === undefined ? src : dest];
    if (subject === undefined) return;
    const alert = object(event['alert'], 'alert');
    const gid = integer(alert['gid'], 'alert.gid', Number.MIN_SAFE_INTEGER);
    const sid = integer(alert['signature_id'], 'alert.signature_id', Number.MIN_SAFE_INTEGER);
    const key = `${gid} ${sid} ${subject.key}`;
    const known = this.#notices.get(key);
    if (known !== undefined) {
      known.alerts += 1;
      if (isBefore(at, known.first)) known.first = at;
      if (isBefore(known.last, at)) known.last = at;
      return;
    }
    if (this.#notices.size >= MAX_NOTICES) {
      this.beyond += 1;
      return;
    }
    const severity = integer(alert['severity'], 'alert.severity', Number.MIN_SAFE_INTEGER);
    const cut = (name: string): string =>
      cleanText(text(alert[name], `alert.${name}`).slice(0, kMaxChars));
    this.#notices.set(key, {
      ...{ gid, sid, subject, peer, score: SCORES[severity] ?? kLeastScore },
      ...{ signature: cut('signature'), category: cut('category') },
      ...{ first: at, last: at, alerts: 1 },
    });
  }

  news(): readonly AlertNotice[] {
    return [...this.#notices.values()].sort(
      (a, b) => a.gid - b.gid || a.sid - b.sid || (a.subject.key < b.subject.key ? -1 : 1),
    );
  }
}

const WANTED = "min_score <= score AND (kinds = '{}' OR 'signature' = ANY(kinds))";

/**
 * Writes the notices, and a notification of each that is to be told for every channel that wants it. The row of the
 * notice says that it is being told (told_at), so that of two transactions that meet one tells.
 */
export const NOTICES_SQL = `
  WITH told AS (
    INSERT INTO alert_notices AS kept
      (gid, sid, subject, peer, score, signature, category, time, last_time, alerts, told_at)
    SELECT fresh.*, CASE WHEN EXISTS (SELECT FROM notification_channels WHERE ${WANTED})
        AND NOT EXISTS (SELECT FROM notification_silences AS silent WHERE until > now()
          AND (silent.kind IS NULL OR silent.kind = 'signature')
          AND (silent.subject IS NULL OR silent.subject = fresh.subject)
          AND (silent.about IS NULL OR silent.about = fresh.gid || ':' || fresh.sid))
      THEN now() ELSE '-infinity' END
    FROM unnest($1::int8[], $2::int8[], $3::inet[], $4::inet[], $5::int8[], $6::text[],
      $7::text[], $8::timestamptz[], $9::timestamptz[], $10::int8[])
      AS fresh (gid, sid, subject, peer, score, signature, category, time, last_time, alerts)
    ON CONFLICT (gid, sid, subject) DO UPDATE SET
      peer = excluded.peer, score = excluded.score, signature = excluded.signature,
      category = excluded.category, time = least(kept.time, excluded.time),
      last_time = greatest(kept.last_time, excluded.last_time),
      alerts = kept.alerts + excluded.alerts, updated_at = now(),
      told_at = CASE WHEN kept.told_at < now() - interval '${kAgainHours} hours'
        THEN greatest(excluded.told_at, kept.told_at) ELSE kept.told_at END
    RETURNING id, score, told_at = now() AS is_due)
  INSERT INTO notifications (channel, notice)
  SELECT name, id FROM told, notification_channels
  WHERE is_due AND ${WANTED}`;

/** Parameters of NOTICES_SQL. */
export function noticeArrays(notices: readonly AlertNotice[]): Buffer[] {
  const fields = new BinaryRows(notices.length * 32 + 32);
  const column = (oid: number, put: (notice: AlertNotice) => void): Buffer => {
    fields.clear();
    for (const notice of notices) put(notice);
    return binaryArray(oid, notices.length, fields.bytes());
  };
  return [
    column(OIDS.int8, ({ gid }) => fields.int8(gid)),
    column(OIDS.int8, ({ sid }) => fields.int8(sid)),
    column(OIDS.inet, ({ subject }) => fields.encoded(subject.field)),
    column(OIDS.inet, ({ peer, subject }) => fields.encoded((peer ?? subject).field)),
    column(OIDS.int8, ({ score }) => fields.int8(score)),
    column(OIDS.text, ({ signature }) => fields.text(signature)),
    column(OIDS.text, ({ category }) => fields.text(category)),
    column(OIDS.timestamptz, ({ first }) => fields.timestamptz(first)),
    column(OIDS.timestamptz, ({ last }) => fields.timestamptz(last)),
    column(OIDS.int8, ({ alerts }) => fields.int8(alerts)),
  ];
}

function isBefore(a: Instant, b: Instant): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.micros < b.micros);
}
