// Statistics of a time range. Invariant: read from rollups (store/queries/stats.ts).
import type { FastifyInstance } from 'fastify';
import { type Bandwidth, type EventCounts, statsQuerySchema, type Top } from '#contracts/rest.ts';
import type { StorePool } from '../store/pool.ts';
import type { Statement } from '../store/queries/statement.ts';
import {
  type StatsSelection,
  selectBandwidth,
  selectEvents,
  selectTalkers,
  selectTopNames,
} from '../store/queries/stats.ts';
import type { Clock } from './api-deps.ts';
import { parseQuery } from './request-input.ts';
import { addRoute } from './route-table.ts';
import { timeRangeOf } from './time-range.ts';

export interface StatsRoutesOptions {
  readonly pool: StorePool;
  readonly clock: Clock;
}

interface EventRow {
  readonly time: string;
  readonly event_type: string | null;
  readonly events: number;
}

export function installStatsRoutes(
  app: FastifyInstance,
  { pool, clock }: StatsRoutesOptions,
): void {
  const run = async <R extends object>({ text, values }: Statement): Promise<R[]> => {
    const { rows } = await pool.query<R>(text, values);
    return rows;
  };
  const add = (
    name: string,
    answer: (selection: StatsSelection) => Promise<Bandwidth | Top | EventCounts>,
  ): void =>
    addRoute(app, name, (request) => {
      const query = parseQuery(statsQuerySchema, request.query);
      const { device, limit } = query;
      return answer({ ...timeRangeOf(query, clock()), device, limit });
    });
  const top = async (statement: Statement): Promise<Top> => ({
    items: await run<Top['items'][number]>(statement),
  });

  add('statsBandwidth', async (selection) => {
    const { stepMs, query } = selectBandwidth(selection);
    const points = await run<Bandwidth['points'][number]>(query);
    return { bucketSeconds: stepMs / 1000, points };
  });
  add('statsTalkers', (selection) => top(selectTalkers(selection)));
  add('statsDomains', (selection) => top(selectTopNames('domains', selection)));
  add('statsApplications', (selection) => top(selectTopNames('applications', selection)));
  add('statsCountries', (selection) => top(selectTopNames('countries', selection)));
  add('statsEvents', async (selection) =>
    countsOf(await run<EventRow>(selectEvents(selection).query)),
  );
}

/** Rows in order of time; a step without events has one row with a null type. */
function countsOf(rows: readonly EventRow[]): EventCounts {
  // A Map: a type is what a sensor sent, and `constructor` would be found in any object.
  const byType = new Map<string, number>();
  const points: EventCounts['points'] = [];
  for (const { time, event_type: type, events } of rows) {
    let point = points.at(-1);
    if (point?.time !== time) {
      point = { time, counts: {} };
      points.push(point);
    }
    if (type === null) continue;
    point.counts[type] = events;
    byType.set(type, (byType.get(type) ?? 0) + events);
  }
  const total = [...byType.values()].reduce((sum, each) => sum + each, 0);
  return { total, byType: Object.fromEntries(byType), points };
}
