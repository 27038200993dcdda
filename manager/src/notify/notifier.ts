/**
 * Sends what waits to be told, on however many managers.
 *
 * Invariants: a notification is claimed by pushing its due time ahead, so two managers do not send the same at once;
 * what fails comes again after a time that doubles, and is given up after kMaxAttempts, which is written down. What
 * is silenced when it is due is given up with that reason. An alert of which all is given up was not told: the next
 * of its signature and device is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { StorePool } from '#manager/store/pool.ts';
import { type ChannelTarget, reasonOf } from './channel-target.ts';
import type { Message } from './message.ts';
import { send } from './send.ts';

export interface NotifierOptions {
  readonly pool: StorePool;
  readonly log: Logger;
  readonly version: string;
  readonly pollMs?: number;
  /** Before the second attempt; doubles from there. */
  readonly firstRetryMs?: number;
}

const kPollMs = 2_000;
const kFirstRetryMs = 10_000;
const kMaxRetryMs = 3_600_000;
const kMaxAttempts = 16;
const kTogether = 16;
/** Longer than an attempt lasts. */
const kClaimSeconds = 60;

const CLAIM = `UPDATE notifications SET due_at = clock_timestamp() + interval '${kClaimSeconds} seconds',
    attempts = attempts + 1
  WHERE id IN (
    SELECT id FROM notifications
    WHERE sent_at IS NULL AND given_up_at IS NULL AND due_at <= clock_timestamp()
    ORDER BY due_at LIMIT ${kTogether} FOR UPDATE SKIP LOCKED)
  RETURNING id, channel, attempts`;
/** A finding, or an alert: the signature's name and the other end make its sentence. */
const TOLD = `SELECT findings.id::text AS finding, findings.kind, findings.subject, findings.about,
    findings.score, findings.summary, findings.time, findings.last_time
  FROM findings WHERE findings.id = sent.finding
  UNION ALL
  SELECT alerts.id::text, 'signature', alerts.subject, alerts.gid || ':' || alerts.sid, alerts.score,
    left(alerts.signature || CASE alerts.category WHEN '' THEN '' ELSE ' (' || alerts.category || ')' END
      || ': ' || host(alerts.subject)
      || CASE alerts.peer WHEN alerts.subject THEN '' ELSE ' and ' || host(alerts.peer) END, 512),
    alerts.time, alerts.last_time
  FROM alert_notices AS alerts WHERE alerts.id = sent.notice`;
const READ = `SELECT channels.kind AS channel_kind, url, settings, told.finding, told.kind,
    host(told.subject) AS subject, told.about, told.score, told.summary, told.time, told.last_time,
    EXISTS (SELECT FROM notification_silences AS silent WHERE until > clock_timestamp()
      AND (silent.kind IS NULL OR silent.kind = told.kind)
      AND (silent.subject IS NULL OR silent.subject = told.subject)
      AND (silent.about IS NULL OR silent.about = told.about)) AS silenced
  FROM notifications AS sent
    JOIN notification_channels AS channels ON channels.name = sent.channel, LATERAL (${TOLD}) AS told
  WHERE sent.id = $1`;
const SENT =
  'UPDATE notifications SET sent_at = clock_timestamp(), last_error = NULL WHERE id = $1';
const FAILED = `UPDATE notifications SET last_error = $2,
    due_at = clock_timestamp() + make_interval(secs => $3) WHERE id = $1`;
const GIVE_UP = `UPDATE notifications SET given_up_at = clock_timestamp(), last_error = $2 WHERE id = $1`;
/** Taken before giving up: of several channels that give up at once the last one sees the others. */
const LOCK_NOTICE = `SELECT FROM alert_notices
  WHERE id = (SELECT notice FROM notifications WHERE id = $1) FOR UPDATE`;
/** Nobody was told: neither sent nor waiting, of what was written when it was last to be told. */
const UNTELL = `UPDATE alert_notices AS told SET told_at = '-infinity'
  WHERE id = (SELECT notice FROM notifications WHERE id = $1) AND NOT EXISTS (
    SELECT FROM notifications WHERE notice = told.id AND given_up_at IS NULL
      AND made_at >= told.told_at)`;

interface Claimed {
  readonly id: string;
  readonly channel: string;
  readonly attempts: number;
}

interface Row extends Omit<Message, 'id' | 'lastTime'> {
  readonly channel_kind: ChannelTarget['kind'];
  readonly url: string;
  readonly settings: ChannelTarget['settings'];
  readonly last_time: string;
  readonly silenced: boolean;
}

export class Notifier {
  readonly #options: NotifierOptions;
  #failing = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { log, pollMs = kPollMs } = this.#options;
    while (!signal.aborted) {
      try {
        while ((await this.pass()) === kTogether && !signal.aborted);
        this.#failing = false;
      } catch (error) {
        if (!this.#failing) log.error({ err: error }, 'notifications cannot be read, retrying');
        this.#failing = true;
      }
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Sends what is due; returns how many were. */
  async pass(): Promise<number> {
    const { rows } = await this.#options.pool.query<Claimed>(CLAIM);
    await Promise.all(rows.map((row) => this.#sendOne(row)));
    return rows.length;
  }

  #giveUp(id: string, reason: string): Promise<void> {
    return this.#options.pool.withTransaction(async (client) => {
      await client.query(LOCK_NOTICE, [id]);
      await client.query(GIVE_UP, [id, reason]);
      await client.query(UNTELL, [id]);
    });
  }

  async #sendOne({ id, channel, attempts }: Claimed): Promise<void> {
    const { pool, log, version, firstRetryMs = kFirstRetryMs } = this.#options;
    const { rows } = await pool.query<Row>(READ, [id]);
    const [row] = rows;
    if (row === undefined) return;
    if (row.silenced) {
      await this.#giveUp(id, 'silenced');
      return;
    }
    const {
      channel_kind: kind,
      url,
      settings,
      silenced: _silenced,
      last_time: lastTime,
      ...rest
    } = row;
    try {
      await send({ kind, url, settings }, { id, ...rest, lastTime }, version);
      await pool.query(SENT, [id]);
    } catch (error) {
      const words = reasonOf(error, { kind, url, settings });
      if (attempts >= kMaxAttempts) {
        log.error({ channel, id, reason: words }, 'a notification is given up');
        await this.#giveUp(id, words);
        return;
      }
      log.warn({ channel, id, attempts, reason: words }, 'a notification failed, it is sent again');
      const waitMs = Math.min(kMaxRetryMs, firstRetryMs * 2 ** (attempts - 1));
      await pool.query(FAILED, [id, words, waitMs / 1_000]);
    }
  }
}
