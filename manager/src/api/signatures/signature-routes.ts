// What is told of signatures: the overview, rules of a version with their hits, faults, changes.
// Invariants: lists are keyset pages; a page of rules or hits goes on over the range of the first one.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Page } from '#contracts/rest.ts';
import {
  changesQuerySchema,
  faultsQuerySchema,
  hitsQuerySchema,
  overrideParamsSchema,
  rulesQuerySchema,
  type SignatureChangeRow,
  type SignatureFaultRow,
  type SignatureHitRow,
  type SignatureOverview,
  type SignatureRuleDetail,
  type SignatureRuleRow,
  setParamsSchema,
} from '#contracts/rest-signatures.ts';
import type { Activations } from '../../signatures/activation.ts';
import { explainedRule } from '../../signatures/explained-rule.ts';
import { missing, type SignatureSets } from '../../signatures/signature-sets.ts';
import type { StorePool } from '../../store/pool.ts';
import {
  type HitPosition,
  selectFaults,
  selectHits,
  selectRules,
} from '../../store/queries/signature-rules.ts';
import { selectChanges } from '../../store/queries/signature-sets.ts';
import type { Statement } from '../../store/queries/statement.ts';
import type { Clock } from '../api-deps.ts';
import { type CursorScope, decodeCursor, encodeCursor } from '../cursor.ts';
import { parseInput, parseQuery } from '../request-input.ts';
import { addRoute } from '../route-table.ts';
import type { SensorReports } from '../sensor-reports.ts';
import { type TimeRange, timeRangeOf } from '../time-range.ts';

export interface SignatureRoutesOptions {
  readonly pool: StorePool;
  readonly clock: Clock;
  readonly sets: SignatureSets;
  readonly activations: Activations;
  readonly sensors: SensorReports | undefined;
  readonly owned: boolean;
}

const detailQuerySchema = rulesQuerySchema.pick({
  version: true,
  last: true,
  since: true,
  until: true,
});
const positionSchema = z.tuple([z.int().min(0), z.int(), z.int()]);

export function installSignatureRoutes(
  app: FastifyInstance,
  options: SignatureRoutesOptions,
): void {
  installOverview(app, options);
  installRuleRoutes(app, options);
  installChangeRoutes(app, options);
}

type Select = <R extends object>(statement: Statement) => Promise<R[]>;

function selectOf(pool: StorePool): Select {
  return async <R extends object>({ text, values }: Statement) =>
    (await pool.query<R>(text, values)).rows;
}

function installOverview(
  app: FastifyInstance,
  { sets, activations, sensors, owned }: SignatureRoutesOptions,
): void {
  addRoute(app, 'getSignatures', async (): Promise<SignatureOverview> => {
    const rows = sensors?.rows() ?? [];
    const digests = rows.flatMap(({ report }) => report.signatures?.digest ?? []);
    const known = await activations.known([...new Set(digests)]);
    return {
      owner: owned ? 'manager' : 'operator',
      active: (await activations.newest())?.active ?? null,
      sets: await sets.list(),
      sensors: rows.map(({ report, reporting }) => ({
        ...{ sensor: report.sensor, node: report.node, reporting },
        signatures: report.signatures ?? null,
        known: known.get(report.signatures?.digest ?? '') ?? null,
      })),
    };
  });
}

/** Rules of a version, and how often they matched. */
function installRuleRoutes(
  app: FastifyInstance,
  { pool, clock, sets }: SignatureRoutesOptions,
): void {
  const select = selectOf(pool);

  addRoute(app, 'listSignatureHits', async (request) => {
    const { cursor, limit, ...filters } = parseQuery(hitsQuerySchema, request.query);
    const scope = { list: 'signature-hits', filters };
    const { range, after } = goingOn(cursor, scope, timeRangeOf(filters, clock()));
    const { search } = filters;
    const rows = await select<SignatureHitRow>(
      selectHits({ ...range, search, after, limit: limit + 1 }),
    );
    return pageOf(rows, limit, (row) =>
      encodeCursor({ time: '', key: hitKey(row.alerts, row.gid, row.signature_id) }, range, scope),
    );
  });

  addRoute(app, 'listSignatureRules', async (request): Promise<Page<SignatureRuleRow>> => {
    const { set } = parseInput(setParamsSchema, request.params);
    const { cursor, limit, version, ...filters } = parseQuery(rulesQuerySchema, request.query);
    const found = await sets.version(set, version);
    if (found === undefined) return { items: [], next: null };
    const scope = { list: `signature-rules ${found.id}`, filters };
    const { range, after } = goingOn(cursor, scope, timeRangeOf(filters, clock()));
    const { search, state } = filters;
    const fired = filters.fired === undefined ? undefined : filters.fired === 'true';
    const rows = await select<SignatureRuleRow>(
      selectRules({
        ...{ ...range, versionId: found.id, set, search, state, fired, after },
        limit: limit + 1,
      }),
    );
    return pageOf(rows, limit, (row) =>
      encodeCursor({ time: '', key: hitKey(row.alerts, row.gid, row.sid) }, range, scope),
    );
  });

  addRoute(app, 'getSignatureRule', async (request): Promise<SignatureRuleDetail> => {
    const { set, gid, sid } = parseInput(overrideParamsSchema, request.params);
    const query = parseQuery(detailQuerySchema, request.query);
    const version = await sets.version(set, query.version);
    const [rule] =
      version === undefined
        ? []
        : await select<Omit<SignatureRuleDetail, 'explanation'>>(
            selectRules({
              ...timeRangeOf(query, clock()),
              ...{ versionId: version.id, set, only: { gid, sid }, limit: 1 },
            }),
          );
    if (version === undefined || rule === undefined) {
      throw missing(`the set ${set} has no rule ${gid}:${sid}`);
    }
    return { ...rule, explanation: explainedRule(rule, version.variables) };
  });
}

/** What is wrong with a version, and who changed what. */
function installChangeRoutes(app: FastifyInstance, { pool, sets }: SignatureRoutesOptions): void {
  const select = selectOf(pool);

  addRoute(app, 'listSignatureFaults', async (request) => {
    const { set } = parseInput(setParamsSchema, request.params);
    const { cursor, limit, version, severity } = parseQuery(faultsQuerySchema, request.query);
    const found = await sets.version(set, version);
    if (found === undefined) return { items: [], next: null };
    const scope = { list: `signature-faults ${found.id}`, filters: { severity } };
    const after =
      cursor === undefined ? undefined : Number(decodeCursor(cursor, scope).position.key);
    const rows = await select<SignatureFaultRow & { place: number }>(
      selectFaults({ versionId: found.id, severity, after, limit: limit + 1 }),
    );
    const page = pageOf(rows, limit, (row) =>
      encodeCursor({ time: '', key: String(row.place) }, NO_RANGE, scope),
    );
    return { ...page, items: page.items.map(({ place: _, ...row }) => row) };
  });

  addRoute(app, 'listSignatureChanges', async (request) => {
    const { cursor, limit, set } = parseQuery(changesQuerySchema, request.query);
    const scope = { list: 'signature-changes', filters: { set } };
    const after = cursor === undefined ? undefined : decodeCursor(cursor, scope).position.key;
    const rows = await select<SignatureChangeRow>(
      selectChanges({
        ...(set === undefined ? {} : { set }),
        ...(after === undefined ? {} : { after }),
        limit: limit + 1,
      }),
    );
    return pageOf(rows, limit, (row) => encodeCursor({ time: '', key: row.id }, NO_RANGE, scope));
  });
}

const NO_RANGE: TimeRange = { sinceMs: 0, untilMs: 0 };

const hitKey = (alerts: number, gid: number, sid: number) => JSON.stringify([alerts, gid, sid]);

/** The range and position of a cursor, or the first page's. */
function goingOn(
  cursor: string | undefined,
  scope: CursorScope,
  first: TimeRange,
): { readonly range: TimeRange; readonly after?: HitPosition } {
  if (cursor === undefined) return { range: first };
  const { position, range } = decodeCursor(cursor, scope);
  const [alerts, gid, sid] = positionSchema.parse(JSON.parse(position.key));
  return { range, after: { alerts, gid, sid } };
}

/** `rows` are one more than fit where there is a next page. */
function pageOf<R>(rows: readonly R[], limit: number, cursorOf: (row: R) => string): Page<R> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}
