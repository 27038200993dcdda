// Rules of a version, faults of it, and how often signatures fire.
//
// Invariants: hits come from the rollup over the range; both lists are sorted by hits, most first, then
// by gid and sid. A rule that fires while a client pages moves to the front, so a later page may lack
// it; it never comes twice with the same number of hits.
import { type Range, rollupOf } from './rollups.ts';
import { type Fragment, fragment, type Statement, statement } from './statement.ts';

/** The last row of a page. */
export interface HitPosition {
  readonly alerts: number;
  readonly gid: number;
  readonly sid: number;
}

interface Page extends Range {
  readonly search?: string | undefined;
  readonly after?: HitPosition | undefined;
  readonly limit: number;
}

export interface RuleSelection extends Page {
  readonly versionId: number;
  readonly set: string;
  readonly state?: string | undefined;
  readonly fired?: boolean | undefined;
  /** One rule alone. */
  readonly only?: { readonly gid: number; readonly sid: number };
}

function hits(range: Range): Fragment {
  const { table, sinceMs } = rollupOf('rollup_signature', range);
  return fragment(
    `WITH hits AS (
  SELECT gid, sid, sum(alerts) AS alerts FROM ${table}
  WHERE bucket >= to_timestamp(?::float8 / 1000) AND bucket < to_timestamp(?::float8 / 1000)
  GROUP BY gid, sid
)`,
    sinceMs,
    range.untilMs,
  );
}

/** A number finds the signature with that id, every text those whose message has it. */
function searched(search: string | undefined, sid: string, message: string): Fragment[] {
  if (search === undefined) return [];
  return [
    fragment(
      `AND (${sid}::text = ? OR position(lower(?) IN lower(${message})) > 0)`,
      search,
      search,
    ),
  ];
}

function following(after: HitPosition | undefined, alerts: string, key: string): Fragment[] {
  if (after === undefined) return [];
  return [
    fragment(
      `AND (${alerts} < ?::bigint OR (${alerts} = ?::bigint AND ${key} > (?::bigint, ?::bigint)))`,
      ...[after.alerts, after.alerts, after.gid, after.sid],
    ),
  ];
}

const ALERTS = 'coalesce(hits.alerts, 0)';

export function selectRules(selection: RuleSelection): Statement {
  const { versionId, set, state, fired, only, search, after, limit } = selection;
  const where: Fragment[] = [];
  if (state !== undefined) where.push(fragment('AND r.state = ?', state));
  if (fired !== undefined) where.push(fragment(`AND ${ALERTS} ${fired ? '>' : '='} 0`));
  if (only !== undefined) {
    where.push(fragment('AND r.gid = ?::bigint AND r.sid = ?::bigint', only.gid, only.sid));
  }
  return statement(
    hits(selection),
    fragment(
      `SELECT r.gid, r.sid, r.rev, r.state, r.msg, r.classtype, r.priority, r.file, r.line, r.prefilter,
  r.cost, ${ALERTS} AS alerts, seen.last_seen, o.enabled, o.threshold, o.suppress${only === undefined ? '' : ', r.source'}
FROM signature_rules r
LEFT JOIN hits ON hits.gid = r.gid AND hits.sid = r.sid
LEFT JOIN signatures_seen seen ON seen.gid = r.gid AND seen.sid = r.sid
LEFT JOIN signature_overrides o ON o.set_name = ? AND o.gid = r.gid AND o.sid = r.sid
WHERE r.version_id = ?`,
      set,
      versionId,
    ),
    ...where,
    ...searched(search, 'r.sid', 'r.msg'),
    ...following(after, ALERTS, '(r.gid, r.sid)'),
    fragment(`ORDER BY ${ALERTS} DESC, r.gid, r.sid LIMIT ?`, limit),
  );
}

/** Alerts that were folded have no signature of their own: gid 0, sid 0. */
export function selectHits(selection: Page): Statement {
  const { search, after, limit } = selection;
  return statement(
    hits(selection),
    fragment(`SELECT hits.gid, hits.sid AS signature_id, coalesce(seen.rev, 0) AS rev,
  coalesce(seen.signature, CASE WHEN hits.sid = 0 THEN 'all the rest' ELSE '' END) AS signature,
  coalesce(seen.category, '') AS category, coalesce(seen.severity, 0) AS severity,
  hits.alerts, seen.first_seen, seen.last_seen
FROM hits LEFT JOIN signatures_seen seen ON seen.gid = hits.gid AND seen.sid = hits.sid
WHERE true`),
    ...searched(search, 'hits.sid', 'seen.signature'),
    ...following(after, 'hits.alerts', '(hits.gid, hits.sid)'),
    fragment('ORDER BY hits.alerts DESC, hits.gid, hits.sid LIMIT ?', limit),
  );
}

export interface FaultSelection {
  readonly versionId: number;
  readonly severity?: string | undefined;
  readonly after?: number | undefined;
  readonly limit: number;
}

export function selectFaults({ versionId, severity, after, limit }: FaultSelection): Statement {
  return statement(
    fragment(
      `SELECT place, file, line, "column", severity, code, message FROM signature_faults
WHERE version_id = ?`,
      versionId,
    ),
    ...(severity === undefined ? [] : [fragment('AND severity = ?', severity)]),
    ...(after === undefined ? [] : [fragment('AND place > ?', after)]),
    fragment('ORDER BY place LIMIT ?', limit),
  );
}
