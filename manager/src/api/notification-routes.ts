// Channels, silences and the test button. Invariant: a secret or a password goes in and never comes out.
import type { FastifyInstance } from 'fastify';
import { NetmothError } from '#contracts/errors.ts';
import {
  type Channel,
  channelParamsSchema,
  channelRequestSchema,
  NOTIFICATION_LIMITS,
  silenceParamsSchema,
  silenceRequestSchema,
} from '#contracts/rest-notifications.ts';
import { type ChannelTarget, reasonOf, shownAddress } from '../notify/channel-target.ts';
import { send } from '../notify/send.ts';
import type { StorePool } from '../store/pool.ts';
import { sessionOf } from './auth/guard.ts';
import { parseInput } from './request-input.ts';
import { addRoute } from './route-table.ts';

const LIST = `SELECT name, kind, url, min_score, kinds,
    (SELECT count(*)::int FROM notifications WHERE channel = name AND sent_at IS NULL AND given_up_at IS NULL) AS waiting,
    (SELECT last_error FROM notifications WHERE channel = name AND last_error IS NOT NULL
      ORDER BY made_at DESC LIMIT 1) AS last_error
  FROM notification_channels ORDER BY name`;
const PUT = `INSERT INTO notification_channels (name, kind, url, settings, min_score, kinds, changed_by)
  SELECT $1, $2, $3, $4::jsonb, $5, $6, $7
  WHERE (SELECT count(*) FROM notification_channels WHERE name <> $1) < ${NOTIFICATION_LIMITS.channels}
  ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, url = excluded.url, settings = excluded.settings,
    min_score = excluded.min_score, kinds = excluded.kinds, changed_by = excluded.changed_by, changed_at = now()`;
const SILENCES = `SELECT id::text AS id, kind, host(subject) AS subject, about, until, reason, said_by
  FROM notification_silences WHERE until > now() ORDER BY until DESC`;
const SILENCE = `INSERT INTO notification_silences (kind, subject, until, reason, said_by, about)
  SELECT $1, $2::inet, now() + make_interval(mins => $3), $4, $5, $6
  WHERE (SELECT count(*) FROM notification_silences WHERE until > now()) < ${NOTIFICATION_LIMITS.silences}
  RETURNING id::text AS id, kind, host(subject) AS subject, about, until, reason, said_by`;

export function installNotificationRoutes(
  app: FastifyInstance,
  { pool, version }: { readonly pool: StorePool; readonly version: string },
): void {
  addRoute(app, 'listChannels', async () => {
    const { rows } = await pool.query<Channel>(LIST);
    return { items: rows.map((row) => ({ ...row, url: shownAddress(row) })) };
  });
  addRoute(app, 'putChannel', async (request, reply) => {
    const { name } = parseInput(channelParamsSchema, request.params);
    const { kind, url, min_score, kinds, ...settings } = parseInput(
      channelRequestSchema,
      request.body,
    );
    const values = [
      name,
      kind,
      url,
      JSON.stringify(settings),
      min_score,
      kinds,
      sessionOf(request).user,
    ];
    const { rowCount } = await pool.query(PUT, values);
    if (rowCount !== 1) throw full('channels', NOTIFICATION_LIMITS.channels);
    return reply.code(204).send();
  });
  addRoute(app, 'deleteChannel', async (request, reply) => {
    const { name } = parseInput(channelParamsSchema, request.params);
    await pool.query('DELETE FROM notification_channels WHERE name = $1', [name]);
    return reply.code(204).send();
  });
  addRoute(app, 'testChannel', async (request) => {
    const { name } = parseInput(channelParamsSchema, request.params);
    const { rows } = await pool.query<ChannelTarget>(
      'SELECT kind, url, settings FROM notification_channels WHERE name = $1',
      [name],
    );
    const [target] = rows;
    if (target === undefined) throw new NetmothError('NM_NOT_FOUND', `no channel ${name}`);
    try {
      await send(target, testMessage(request.id), version);
      return { ok: true, message: 'sent' };
    } catch (error) {
      return { ok: false, message: reasonOf(error, target) };
    }
  });
  addRoute(app, 'listSilences', async () => ({ items: (await pool.query(SILENCES)).rows }));
  addRoute(app, 'createSilence', async (request, reply) => {
    const {
      kind = null,
      subject = null,
      about = null,
      minutes,
      reason,
    } = parseInput(silenceRequestSchema, request.body);
    const { rows } = await pool.query(SILENCE, [
      kind,
      subject,
      minutes,
      reason,
      sessionOf(request).user,
      about,
    ]);
    if (rows[0] === undefined) throw full('silences', NOTIFICATION_LIMITS.silences);
    return reply.code(201).send(rows[0]);
  });
  addRoute(app, 'deleteSilence', async (request, reply) => {
    const { id } = parseInput(silenceParamsSchema, request.params);
    await pool.query('DELETE FROM notification_silences WHERE id = $1::bigint', [id]);
    return reply.code(204).send();
  });
}

function full(what: string, most: number): NetmothError {
  return new NetmothError('NM_QUERY_INVALID', `there are ${most} ${what} already`);
}

function testMessage(id: string) {
  const now = new Date().toISOString();
  const summary = 'A test message of Netmoth: this channel works.';
  return {
    ...{ id: `test-${id}`, finding: '0', kind: 'test', subject: '192.0.2.1', about: 'test' },
    ...{ score: 50, summary, time: now, lastTime: now },
  };
}
