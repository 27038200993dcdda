// From which score on findings are told, by kind and device. Invariant: one threshold a kind and device, MAX_THRESHOLDS
// in all; analysis takes them up in its next round (analysis/said.ts).
import type { FastifyInstance } from 'fastify';
import { NetmothError } from '#contracts/errors.ts';
import {
  MAX_THRESHOLDS,
  thresholdParamsSchema,
  thresholdRequestSchema,
} from '#contracts/rest-analysis.ts';
import { FINDING_KINDS } from '../analysis/finding.ts';
import type { StorePool } from '../store/pool.ts';
import { sessionOf } from './auth/guard.ts';
import { parseInput } from './request-input.ts';
import { addRoute } from './route-table.ts';

const LIST = `SELECT id::text AS id, kind, host(subject) AS device, min_score, said_by, said_at
  FROM analysis_thresholds ORDER BY kind NULLS FIRST, subject NULLS FIRST`;
const PUT = `INSERT INTO analysis_thresholds (kind, subject, min_score, said_by)
  SELECT $1, $2::inet, $3, $4
  WHERE (SELECT count(*) FROM analysis_thresholds
    WHERE kind IS DISTINCT FROM $1 OR subject IS DISTINCT FROM $2::inet) < ${MAX_THRESHOLDS}
  ON CONFLICT (kind, subject) DO UPDATE SET min_score = excluded.min_score,
    said_by = excluded.said_by, said_at = now()`;
const KINDS: readonly string[] = FINDING_KINDS;

export function installThresholdRoutes(
  app: FastifyInstance,
  { pool }: { readonly pool: StorePool },
): void {
  addRoute(app, 'listThresholds', async () => ({ items: (await pool.query(LIST)).rows }));
  addRoute(app, 'putThreshold', async (request, reply) => {
    const { kind, device, min_score } = parseInput(thresholdRequestSchema, request.body);
    if (kind !== null && !KINDS.includes(kind)) {
      throw new NetmothError('NM_QUERY_INVALID', `no kind of finding: ${kind}`);
    }
    const values = [kind, device, min_score, sessionOf(request).user];
    const { rowCount } = await pool.query(PUT, values);
    if (rowCount !== 1) {
      throw new NetmothError('NM_QUERY_INVALID', `there are ${MAX_THRESHOLDS} thresholds already`);
    }
    return reply.code(204).send();
  });
  addRoute(app, 'deleteThreshold', async (request, reply) => {
    const { id } = parseInput(thresholdParamsSchema, request.params);
    await pool.query('DELETE FROM analysis_thresholds WHERE id = $1::bigint', [id]);
    return reply.code(204).send();
  });
}
