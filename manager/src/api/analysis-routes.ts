// Beacons, privacy reports, and what people say of findings. Invariant: what is said and what it teaches are one
// transaction.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { NetmothError } from '#contracts/errors.ts';
import { MAX_PAGE } from '#contracts/rest.ts';
import {
  anomalyParamsSchema,
  anomalyStatusSchema,
  beaconRowSchema,
  beaconsQuerySchema,
  type PrivacyRow,
  privacyQuerySchema,
  privacyRowSchema,
} from '#contracts/rest-analysis.ts';
import { type DomainTraffic, privacyHtml, privacyOf } from '../analysis/privacy/report.ts';
import { TrackerBook } from '../analysis/privacy/tracker-book.ts';
import type { StorePool } from '../store/pool.ts';
import {
  SAY_NORMAL,
  SET_STATUS,
  selectBeacons,
  selectDeviceTraffic,
  selectDomainTraffic,
  UNSAY_NORMAL,
} from '../store/queries/analysis.ts';
import type { Clock } from './api-deps.ts';
import { sessionOf } from './auth/guard.ts';
import { csvRecord } from './csv.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { parseInput, parseQuery } from './request-input.ts';
import { addRoute } from './route-table.ts';
import { type TimeRange, timeRangeOf } from './time-range.ts';

export interface AnalysisRoutesOptions {
  readonly pool: StorePool;
  readonly clock: Clock;
  readonly trackers?: TrackerBook | undefined;
}

type Row = Readonly<Record<string, unknown>>;
const kMaxDomains = 100_000;
/** Of a report: those with most traffic; how many more there were is said. */
const kMaxDevices = MAX_PAGE;

export function installAnalysisRoutes(
  app: FastifyInstance,
  { pool, clock, trackers = new TrackerBook() }: AnalysisRoutesOptions,
): void {
  addRoute(app, 'listBeacons', async (request, reply) => {
    const query = parseQuery(beaconsQuerySchema, request.query);
    const { cursor, limit, format, ...filters } = query;
    const scope = { list: 'beacons', filters };
    const begun = cursor === undefined ? undefined : decodeCursor(cursor, scope);
    const range = begun?.range ?? timeRangeOf(query, clock());
    const { text, values } = selectBeacons({
      ...range,
      ...(begun === undefined ? {} : { after: begun.position }),
      ...{ device: query.device, minScore: query.min_score, limit: limit + 1 },
    });
    const { rows } = await pool.query<Row>(text, values);
    const last = rows[limit - 1];
    const items = rows.slice(0, limit).map(({ id: _id, ...row }) => row);
    if (format !== 'json') {
      return send(reply, {
        name: 'beacons',
        format,
        columns: Object.keys(beaconRowSchema.shape),
        items,
      });
    }
    const next =
      rows.length > limit && last !== undefined
        ? encodeCursor({ time: String(last['last_seen']), key: String(last['id']) }, range, scope)
        : null;
    return { items, next };
  });

  addRoute(app, 'listPrivacy', async (request, reply) => {
    const query = parseQuery(privacyQuerySchema, request.query);
    const { cursor, limit, format: _format, ...filters } = query;
    const scope = { list: 'privacy', filters };
    const begun = cursor === undefined ? undefined : decodeCursor(cursor, scope);
    const range = begun?.range ?? timeRangeOf(query, clock());
    const { rows, leftOut } = await privacyReport(pool, trackers, {
      ...{ ...range, device: query.device },
    });
    const rest = begun === undefined ? rows : rowsAfter(rows, begun.position.key);
    const items = rest.slice(0, limit);
    const last = rest.length > limit ? items.at(-1) : undefined;
    switch (query.format) {
      case 'json': {
        const position = last && { time: '', key: keyOf(last) };
        const next = position === undefined ? null : encodeCursor(position, range, scope);
        return { items, next, left_out: leftOut };
      }
      case 'html': {
        const span = `${new Date(range.sinceMs).toISOString()} to ${new Date(range.untilMs).toISOString()}`;
        const more = leftOut + rest.length - items.length;
        return reply.type('text/html; charset=utf-8').send(privacyHtml(items, { span, more }));
      }
      default: {
        const { format } = query;
        return send(reply, {
          name: 'privacy',
          format,
          columns: Object.keys(privacyRowSchema.shape),
          items,
        });
      }
    }
  });

  addRoute(app, 'setAnomalyStatus', async (request, reply) => {
    const { id } = parseInput(anomalyParamsSchema, request.params);
    const { status } = parseInput(anomalyStatusSchema, request.body);
    const by = sessionOf(request).user;
    await pool.withTransaction(async (client) => {
      const { rows } = await client.query<{ kind: string; subject: string; about: string }>(
        SET_STATUS,
        [...[id, status, by]],
      );
      const [finding] = rows;
      if (finding === undefined) throw new NetmothError('NM_NOT_FOUND', `no finding ${id}`);
      const said = [finding.kind, finding.subject, finding.about];
      if (status === 'normal') await client.query(SAY_NORMAL, [...said, by]);
      else await client.query(UNSAY_NORMAL, said);
    });
    return reply.code(204).send();
  });
}

async function privacyReport(
  pool: StorePool,
  trackers: TrackerBook,
  of: TimeRange & { readonly device?: string | undefined },
): Promise<{ readonly rows: readonly PrivacyRow[]; readonly leftOut: number }> {
  await trackers.refresh();
  const { sinceMs, untilMs, device } = of;
  const devices = selectDeviceTraffic({ sinceMs, untilMs, device, limit: kMaxDevices });
  const { rows } = await pool.query<{
    readonly device: string;
    readonly hostname: string | null;
    readonly bytes: number;
    readonly among: number;
    readonly cleartext: number;
    readonly unnamed: number;
    readonly countries: string[];
  }>(devices.text, devices.values);
  const domains = selectDomainTraffic(
    { sinceMs, untilMs },
    rows.map((row) => row.device),
    kMaxDomains,
  );
  const named = await pool.query<DomainTraffic & { readonly device: string }>(
    domains.text,
    domains.values,
  );
  const byDevice = Map.groupBy(named.rows, (row) => row.device);
  const report = rows
    .map((row) =>
      privacyOf(
        {
          ...{ device: row.device, hostname: row.hostname, bytes: Number(row.bytes) },
          cleartextBytes: Number(row.cleartext),
          unnamedBytes: Number(row.unnamed),
          countries: row.countries,
        },
        (byDevice.get(row.device) ?? []).map((each) => ({
          ...{ domain: each.domain, bytes: Number(each.bytes), flows: Number(each.flows) },
        })),
        trackers,
      ),
    )
    .sort(compare);
  return { rows: report, leftOut: Number(rows[0]?.among ?? 0) - rows.length };
}

type Place = Pick<PrivacyRow, 'score' | 'bytes' | 'device'>;

function compare(a: Place, b: Place): number {
  return a.score - b.score || b.bytes - a.bytes || (a.device < b.device ? -1 : 1);
}

const keyOf = ({ score, bytes, device }: Place): string => `${score} ${bytes} ${device}`;

/** Those behind the row that keyOf says, whether it is still there or not. */
function rowsAfter(rows: readonly PrivacyRow[], key: string): readonly PrivacyRow[] {
  const [score, bytes, device = ''] = key.split(' ');
  const last = { score: Number(score), bytes: Number(bytes), device };
  return rows.filter((row) => row.device !== device && compare(last, row) < 0);
}

/** A page of rows as CSV or NDJSON: at most MAX_PAGE of them, so they need no stream. */
function send(
  reply: FastifyReply,
  of: {
    readonly name: string;
    readonly format: 'csv' | 'ndjson';
    readonly columns: readonly string[];
    readonly items: readonly Row[];
  },
): FastifyReply {
  const { name, format, columns, items } = of;
  const cell = (value: unknown): unknown =>
    typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
  const text =
    format === 'csv'
      ? csvRecord(columns) +
        items.map((row) => csvRecord(columns.map((each) => cell(row[each])))).join('')
      : items.map((row) => `${JSON.stringify(row)}\n`).join('');
  return reply
    .type(format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson')
    .header('content-disposition', `attachment; filename="netmoth-${name}.${format}"`)
    .send(text);
}
