// Who may look: users, sessions, API tokens. Invariant: tokens are stored as SHA-256 only, passwords
// as scrypt only; an expired session or token is found by no query here.

export const INSERT_USER = `INSERT INTO users (name, password_hash) VALUES ($1, $2)
ON CONFLICT (name) DO NOTHING`;
export const SELECT_PASSWORD = 'SELECT password_hash FROM users WHERE name = $1';
export const UPDATE_PASSWORD = 'UPDATE users SET password_hash = $2 WHERE name = $1';

export const INSERT_SESSION = `INSERT INTO sessions (token_hash, user_name, expires_at)
VALUES ($1, $2, to_timestamp($3::float8 / 1000))`;
export const SELECT_SESSION = `SELECT user_name, extract(epoch FROM expires_at)::float8 * 1000 AS expires_ms
FROM sessions WHERE token_hash = $1 AND expires_at > to_timestamp($2::float8 / 1000)`;
export const EXTEND_SESSION = `UPDATE sessions SET expires_at = to_timestamp($2::float8 / 1000)
WHERE token_hash = $1`;
export const DELETE_SESSION = 'DELETE FROM sessions WHERE token_hash = $1';
export const DELETE_OTHER_SESSIONS = `DELETE FROM sessions
WHERE user_name = $1 AND token_hash <> $2`;
export const DELETE_EXPIRED_SESSIONS = `DELETE FROM sessions
WHERE expires_at <= to_timestamp($1::float8 / 1000)`;
/** The newest $2 sessions of a user stay. */
export const TRIM_SESSIONS = `DELETE FROM sessions WHERE token_hash IN (
  SELECT token_hash FROM sessions WHERE user_name = $1 ORDER BY expires_at DESC OFFSET $2)`;

const TOKEN_COLUMNS = `id, name, created_at AS "createdAt", expires_at AS "expiresAt",
  last_used_at AS "lastUsedAt"`;
/** Nothing is inserted where the user has $7 tokens already. */
export const INSERT_TOKEN = `INSERT INTO api_tokens (id, user_name, name, token_hash, created_at, expires_at)
SELECT $1, $2, $3, $4, to_timestamp($5::float8 / 1000), to_timestamp($6::float8 / 1000)
WHERE (SELECT count(*) FROM api_tokens WHERE user_name = $2) < $7
RETURNING ${TOKEN_COLUMNS}`;
/** Nothing changes where the very token is there already. */
export const REPLACE_TOKEN = `WITH old AS (
  DELETE FROM api_tokens WHERE user_name = $2 AND name = $3 AND token_hash <> $4)
INSERT INTO api_tokens (id, user_name, name, token_hash) VALUES ($1, $2, $3, $4)
ON CONFLICT (token_hash) DO NOTHING`;
export const SELECT_TOKENS = `SELECT ${TOKEN_COLUMNS} FROM api_tokens
WHERE user_name = $1 ORDER BY created_at DESC, id`;
export const DELETE_TOKEN = 'DELETE FROM api_tokens WHERE id = $1 AND user_name = $2';
export const SELECT_TOKEN_USER = `SELECT id, user_name, extract(epoch FROM last_used_at)::float8 * 1000 AS used_ms
FROM api_tokens WHERE token_hash = $1
  AND (expires_at IS NULL OR expires_at > to_timestamp($2::float8 / 1000))`;
export const TOUCH_TOKEN = `UPDATE api_tokens SET last_used_at = to_timestamp($2::float8 / 1000)
WHERE id = $1`;
