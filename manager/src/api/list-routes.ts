// The lists: event lists and devices, as JSON pages or streamed. Invariants: pages are keyset pages
// over the range of the first page, so rows that come in meanwhile move nothing; a row is the row
// schema's columns and no others.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { NetmothError } from '#contracts/errors.ts';
import {
  deviceLabelSchema,
  LISTS,
  type ListName,
  MAX_PAGE,
  type Page,
  timeRangeQuerySchema,
} from '#contracts/rest.ts';
import type { StorePool } from '../store/pool.ts';
import { selectDevices } from '../store/queries/devices.ts';
import { findRows } from '../store/queries/find-rows.ts';
import { mayBeRare, selectList } from '../store/queries/lists.ts';
import { type Row, withLists } from '../store/queries/lists-of-rows.ts';
import type { Statement } from '../store/queries/statement.ts';
import type { Clock } from './api-deps.ts';
import { sessionOf } from './auth/guard.ts';
import { type CursorScope, decodeCursor, encodeCursor, type Position } from './cursor.ts';
import { deviceDetail, labelDevice } from './device-detail.ts';
import { Exporter } from './export-stream.ts';
import { parseInput, parseQuery } from './request-input.ts';
import { addRoute } from './route-table.ts';
import { type TimeRange, timeRangeOf } from './time-range.ts';

export interface ListRoutesOptions {
  readonly pool: StorePool;
  readonly clock: Clock;
}

type ListQuery = z.output<(typeof LISTS)[ListName]['query']>;

interface Wanted {
  readonly range: TimeRange;
  readonly scope: CursorScope;
  readonly after?: Position;
}

function wantedOf(list: ListName, query: ListQuery, nowMs: number): Wanted {
  const { cursor, limit: _limit, format: _format, ...filters } = query;
  const scope = { list, filters };
  if (cursor === undefined) return { range: timeRangeOf(query, nowMs), scope };
  const { position, range } = decodeCursor(cursor, scope);
  return { range, scope, after: position };
}

function select(list: ListName, wanted: Wanted, query: ListQuery, limit: number): Statement {
  const { range, after, scope } = wanted;
  const selection = { ...range, limit, ...(after === undefined ? {} : { after }) };
  if (list !== 'devices') return selectList(list, { ...selection, filters: scope.filters });
  const search = 'search' in query ? query.search : undefined;
  return selectDevices({ ...selection, ...(search === undefined ? {} : { search }) });
}

/** The sort key of a row, as the cursor carries it. */
function positionOf(list: ListName, row: Row): Position {
  return list === 'devices'
    ? { time: String(row['last_seen']), key: String(row['ip']) }
    : { time: String(row['time']), key: String(row['id']) };
}

export function installListRoutes(app: FastifyInstance, { pool, clock }: ListRoutesOptions): void {
  const exporter = new Exporter(pool);

  const page = async (list: ListName, wanted: Wanted, query: ListQuery): Promise<Page<Row>> => {
    const limit = Math.min(query.limit, MAX_PAGE);
    const rows = await findRows<Row>(pool, select(list, wanted, query, limit + 1), {
      mayBeRare: list !== 'devices' && mayBeRare(wanted.scope.filters),
    });
    const shown = rows.slice(0, limit);
    const items =
      list === 'flows' ? await pool.withTransaction((client) => withLists(client, shown)) : shown;
    const last = shown.at(-1);
    const next =
      rows.length > limit && last !== undefined
        ? encodeCursor(positionOf(list, last), wanted.range, wanted.scope)
        : null;
    return { items, next };
  };

  for (const list of Object.keys(LISTS) as ListName[]) {
    const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      const query: ListQuery = parseQuery(LISTS[list].query, request.query);
      const wanted = wantedOf(list, query, clock());
      const { format, limit } = query;
      if (format === 'json') return page(list, wanted, query);
      return exporter.send(reply, {
        statement: select(list, wanted, query, limit + 1),
        limit,
        format,
        columns: Object.keys(LISTS[list].row.shape),
        ...(list === 'flows' ? { complete: withLists } : {}),
        name: list,
      });
    };
    addRoute(app, `list${list.charAt(0).toUpperCase()}${list.slice(1)}`, handler);
  }

  const ipSchema = z.object({ ip: z.union([z.ipv4(), z.ipv6()]) });
  addRoute(app, 'putDeviceLabel', async (request, reply) => {
    const { ip } = parseInput(ipSchema, request.params);
    const label = parseInput(deviceLabelSchema, request.body);
    await labelDevice(pool, { ip, ...label, user: sessionOf(request).user });
    return reply.code(204).send();
  });
  addRoute(app, 'getDevice', async (request) => {
    const { ip } = parseInput(ipSchema, request.params);
    const range = timeRangeOf(parseQuery(timeRangeQuerySchema, request.query), clock());
    const { text, values } = selectDevices({ ...range, ip, limit: 1 });
    const { rows } = await pool.query<Row>(text, values);
    if (rows[0] === undefined) throw new NetmothError('NM_NOT_FOUND', `no device ${ip} was seen`);
    return { ...rows[0], ...(await deviceDetail(pool, ip, range)) };
  });
}
