/**
 * `netmoth query`: stored events as a table, NDJSON or CSV.
 *
 * Invariant: --json and --csv stream whatever the manager sends, so a long result needs no memory here.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { NetmothError } from '#contracts/errors.ts';
import { DEFAULT_PAGE, LISTS, MAX_EXPORT_ROWS, MAX_PAGE, pageOf } from '#contracts/rest.ts';
import { type ApiTarget, apiGet, apiTarget } from '../api-client.ts';
import type { CliEnvironment } from '../config.ts';
import { formatTable } from '../table.ts';
import { COLUMNS, type QueryList, type QueryRow } from './query-columns.ts';

export interface QueryOptions {
  readonly device?: string;
  readonly last?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly where: readonly string[];
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly url?: string;
  readonly token?: string;
  readonly dataDir: string;
}

export async function query(
  list: string,
  options: QueryOptions,
  environment: CliEnvironment,
): Promise<void> {
  if (!isList(list)) {
    throw new NetmothError(
      'NM_USAGE',
      `there is no list "${list}": ask for one of ${Object.keys(COLUMNS).join(', ')}`,
    );
  }
  const target = apiTarget(options, environment);
  const { device, last, since, until } = options;
  const filters = { ...whereFilters(options.where), device, last, since, until };
  if (options.json === true || options.csv === true) {
    const format = options.csv === true ? 'csv' : 'ndjson';
    const most = Object.hasOwn(LISTS, list) ? MAX_EXPORT_ROWS : MAX_PAGE;
    const limit = positive(options.limit ?? String(most));
    await exportRows(target, list, { ...filters, limit: String(limit), format });
    return;
  }
  const limit = positive(options.limit ?? String(DEFAULT_PAGE));
  const rows = await collectRows(target, list, filters, limit);
  process.stdout.write(formatTable(rows, COLUMNS[list]));
  if (rows.length === 0) {
    process.stderr.write('no rows in that time range; a wider one: --last 7d\n');
  } else if (rows.length === limit) {
    process.stderr.write(`${limit} rows; more with --limit\n`);
  }
}

async function exportRows(
  target: ApiTarget,
  list: QueryList,
  query: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { body } = await apiGet(target, `/${list}`, query);
  if (body === null) return;
  try {
    await pipeline(Readable.fromWeb(body), process.stdout, { end: false });
  } catch (cause) {
    // The reader of our output (head, less) has seen enough.
    if (cause instanceof Error && 'code' in cause && cause.code === 'EPIPE') return;
    throw new NetmothError(
      'NM_API_UNREACHABLE',
      `the manager at ${target.url} went away in the middle of the answer: what was written is not all`,
      { cause, retryable: true },
    );
  }
}

function isList(text: string): text is QueryList {
  return Object.hasOwn(COLUMNS, text);
}

function positive(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new NetmothError('NM_USAGE', `--limit ${text}: expected a whole number above 0`);
}

function whereFilters(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new NetmothError('NM_USAGE', `--where ${pair}: expected FIELD=VALUE`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

const rowsPageSchema = pageOf(z.record(z.string(), z.unknown()));

async function collectRows(
  target: ApiTarget,
  list: QueryList,
  filters: Readonly<Record<string, string | undefined>>,
  limit: number,
): Promise<QueryRow[]> {
  const rows: QueryRow[] = [];
  let cursor: string | undefined;
  while (rows.length < limit) {
    const pageSize = String(Math.min(limit - rows.length, 1000));
    const response = await apiGet(target, `/${list}`, { ...filters, limit: pageSize, cursor });
    const page = rowsPageSchema.parse(await response.json());
    rows.push(...page.items);
    if (page.next === null) break;
    cursor = page.next;
  }
  return rows;
}
