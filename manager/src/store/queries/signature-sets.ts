// Sets of signatures: what a person edits, and its compiled versions.
//
// Invariants: whoever changes a set holds its row (LOCK_SET) until the commit, so that revision, bounds
// and changes agree; a version is inserted once and never updated.
import { type Fragment, fragment, type Statement, statement } from './statement.ts';

const VERSION = `number, 'sha256:' || digest AS digest, size_bytes AS "sizeBytes", made_at AS "madeAt",
  made_by AS "madeBy", loaded, indicators, failed, disabled, replaced, skipped, errors, warnings,
  coalesce(id = (SELECT version_id FROM signature_activations ORDER BY generation DESC LIMIT 1), false)
    AS active`;

export const INSERT_SET = `INSERT INTO signature_sets (name, variables, created_by)
SELECT $1, $2, $3 WHERE (SELECT count(*) FROM signature_sets) < $4
ON CONFLICT (name) DO NOTHING`;
export const LOCK_SET = 'SELECT revision FROM signature_sets WHERE name = $1 FOR UPDATE';
export const TOUCH_SET = 'UPDATE signature_sets SET revision = revision + 1 WHERE name = $1';
export const DELETE_SET = 'DELETE FROM signature_sets WHERE name = $1';
export const UPDATE_VARIABLES = 'UPDATE signature_sets SET variables = $2 WHERE name = $1';

/** Sets with what a list tells of them; $1: one of them, or NULL for all. */
export const SELECT_SETS = `SELECT s.name, s.created_at AS "createdAt", s.created_by AS "createdBy",
  s.variables, f.files, f.size_bytes AS "sizeBytes", o.overrides,
  coalesce(newest.revision < s.revision, true) AS changed,
  active.number AS "activeVersion"
FROM signature_sets s
CROSS JOIN LATERAL (SELECT count(*) AS files, coalesce(sum(size_bytes), 0) AS size_bytes
  FROM signature_files WHERE set_name = s.name) f
CROSS JOIN LATERAL (SELECT count(*) AS overrides FROM signature_overrides
  WHERE set_name = s.name) o
LEFT JOIN LATERAL (SELECT number, revision FROM signature_versions WHERE set_name = s.name
  ORDER BY number DESC LIMIT 1) newest ON true
LEFT JOIN LATERAL (SELECT v.number FROM signature_versions v WHERE v.set_name = s.name
  AND v.id = (SELECT version_id FROM signature_activations ORDER BY generation DESC LIMIT 1)
  ) active ON true
WHERE $1::text IS NULL OR s.name = $1
ORDER BY s.name`;

/** The newest version of each of the sets $1. */
export const SELECT_NEWEST = `SELECT DISTINCT ON (set_name) set_name, ${VERSION}
FROM signature_versions WHERE set_name = ANY($1::text[]) ORDER BY set_name, number DESC`;
export const SELECT_VERSIONS = `SELECT ${VERSION} FROM signature_versions
WHERE set_name = $1 ORDER BY number DESC`;
export const SELECT_VERSION = `SELECT ${VERSION} FROM signature_versions
WHERE set_name = $1 AND number = $2`;
/** $2: a number, or NULL for the newest. */
export const SELECT_VERSION_ID = `SELECT id, variables FROM signature_versions
WHERE set_name = $1 AND ($2::integer IS NULL OR number = $2) ORDER BY number DESC LIMIT 1`;
/** Which version has a digest ($1, without "sha256:"); of several the newest. */
export const SELECT_BY_DIGESTS = `SELECT DISTINCT ON (digest) digest, set_name AS set, number AS version
FROM signature_versions WHERE digest = ANY($1::text[]) ORDER BY digest, id DESC`;

const FILE = `name, list, size_bytes AS "sizeBytes", encode(sha256, 'hex') AS sha256,
  changed_at AS "changedAt", changed_by AS "changedBy"`;
export const SELECT_FILES = `SELECT ${FILE} FROM signature_files WHERE set_name = $1 ORDER BY name`;
export const SELECT_FILE_BODY = `SELECT body FROM signature_files WHERE set_name = $1 AND name = $2`;
export const SELECT_BODIES = `SELECT name, list, body FROM signature_files WHERE set_name = $1 ORDER BY name`;
export const UPSERT_FILE = `INSERT INTO signature_files
  (set_name, name, size_bytes, sha256, body, changed_by, list) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (set_name, name) DO UPDATE SET size_bytes = excluded.size_bytes, list = excluded.list,
  sha256 = excluded.sha256, body = excluded.body, changed_by = excluded.changed_by, changed_at = now()
RETURNING ${FILE}`;
export const SELECT_SET_SIZE = `SELECT count(*) AS files, coalesce(sum(size_bytes), 0) AS bytes
FROM signature_files WHERE set_name = $1`;
export const DELETE_FILE = 'DELETE FROM signature_files WHERE set_name = $1 AND name = $2';

export const SELECT_VARIABLES = 'SELECT variables FROM signature_sets WHERE name = $1';
const OVERRIDE = `gid, sid, enabled, threshold, suppress, changed_at AS "changedAt", changed_by AS "changedBy"`;
export const SELECT_OVERRIDES = `SELECT ${OVERRIDE} FROM signature_overrides
WHERE set_name = $1 ORDER BY gid, sid`;
export const UPSERT_OVERRIDE = `INSERT INTO signature_overrides
  (set_name, gid, sid, enabled, threshold, suppress, changed_by)
SELECT $1, $2, $3, $4, $5, $6, $7
WHERE EXISTS (SELECT FROM signature_overrides WHERE set_name = $1 AND gid = $2 AND sid = $3)
  OR (SELECT count(*) FROM signature_overrides WHERE set_name = $1) < $8
ON CONFLICT (set_name, gid, sid) DO UPDATE SET enabled = excluded.enabled,
  threshold = excluded.threshold, suppress = excluded.suppress, changed_by = excluded.changed_by, changed_at = now()
RETURNING ${OVERRIDE}`;
export const DELETE_OVERRIDE = `DELETE FROM signature_overrides
WHERE set_name = $1 AND gid = $2 AND sid = $3`;

export const NEXT_VERSION_ID = `SELECT nextval(pg_get_serial_sequence('signature_versions', 'id')) AS id`;
export const INSERT_VERSION = `INSERT INTO signature_versions (id, set_name, number, digest, revision,
  variables, bundle, size_bytes, loaded, indicators, failed, disabled, replaced, skipped, errors, warnings,
  made_by)
SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
FROM signature_versions WHERE set_name = $2
RETURNING ${VERSION}`;
/** The newest $2 versions of a set stay, and the active one. */
export const TRIM_VERSIONS = `DELETE FROM signature_versions WHERE id IN (
  SELECT id FROM signature_versions WHERE set_name = $1 AND id IS DISTINCT FROM
    (SELECT version_id FROM signature_activations ORDER BY generation DESC LIMIT 1)
  ORDER BY number DESC OFFSET $2)`;

export const INSERT_ACTIVATION = `INSERT INTO signature_activations (version_id, activated_by)
SELECT id, $3 FROM signature_versions WHERE set_name = $1 AND number = $2 RETURNING generation`;
export const INSERT_DEACTIVATION = `INSERT INTO signature_activations (version_id, activated_by)
SELECT NULL, $1 WHERE (SELECT version_id FROM signature_activations ORDER BY generation DESC LIMIT 1)
  IS NOT NULL`;
export const TRIM_ACTIVATIONS = `DELETE FROM signature_activations WHERE generation <=
  (SELECT generation FROM signature_activations ORDER BY generation DESC OFFSET $1 LIMIT 1)`;
export const SELECT_ACTIVE = `SELECT a.generation, a.activated_at AS "activatedAt",
  a.activated_by AS "activatedBy", v.set_name AS set, v.number AS version,
  'sha256:' || v.digest AS digest
FROM signature_activations a LEFT JOIN signature_versions v ON v.id = a.version_id
ORDER BY a.generation DESC LIMIT 1`;
export const SELECT_BUNDLE = `SELECT bundle FROM signature_versions WHERE digest = $1 LIMIT 1`;

export const INSERT_CHANGE = `INSERT INTO signature_changes (user_name, set_name, action, detail)
VALUES ($1, $2, $3, $4)`;

export interface ChangeSelection {
  readonly set?: string;
  readonly after?: string;
  readonly limit: number;
}

export function selectChanges({ set, after, limit }: ChangeSelection): Statement {
  const where: Fragment[] = [];
  if (set !== undefined) where.push(fragment('AND set_name = ?', set));
  if (after !== undefined) where.push(fragment('AND id < ?::bigint', after));
  return statement(
    fragment(`SELECT id::text AS id, changed_at AS time, user_name AS user, set_name AS set, action, detail
FROM signature_changes WHERE true`),
    ...where,
    fragment('ORDER BY signature_changes.id DESC LIMIT ?', limit),
  );
}
