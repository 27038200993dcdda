// Users, sessions and API tokens. Invariants: of a session or token only the SHA-256 is stored; a
// session ends 12 h after its last use; a user has a bounded number of each.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { NetmothError } from '#contracts/errors.ts';
import type { tokenCreatedSchema, tokenInfoSchema, tokenRequestSchema } from '#contracts/rest.ts';
import type { StorePool } from '../../store/pool.ts';
import * as sql from '../../store/queries/accounts.ts';
import type { Clock } from '../api-deps.ts';
import { hashPassword, PasswordChecker } from './password.ts';

export const SESSION_MS = 12 * 3_600_000;
export const TOKEN_PREFIX = 'nm_';
const SECRET_BYTES = 32;
/** A session or token in use is written at most this often. */
const TOUCH_MS = 60_000;
const DAY_MS = 86_400_000;
export const MAX_SESSIONS_PER_USER = 50;
export const MAX_TOKENS_PER_USER = 100;

export interface Session {
  readonly kind: 'session';
  readonly user: string;
  readonly secret: string;
  readonly expiresMs: number;
  /** The expiry was moved just now: the cookie should be sent again. */
  readonly extended: boolean;
}

export interface TokenUse {
  readonly kind: 'token';
  readonly user: string;
  readonly secret: string;
}

export type Principal = Session | TokenUse;
export type TokenInfo = z.infer<typeof tokenInfoSchema>;

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();
const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

/** Makes the user `admin` where there is none; an existing one keeps its password. */
export async function ensureAdmin(
  pool: StorePool,
  { password }: { readonly password: string },
): Promise<boolean> {
  const { rowCount } = await pool.query(sql.INSERT_USER, ['admin', await hashPassword(password)]);
  return rowCount === 1;
}

/**
 * Makes `token` (of the form nm_…) an API token of `admin` under this name, in place of the one that
 * had the name before: for the programs of the machine that runs us.
 */
export async function ensureToken(
  pool: StorePool,
  { name, token }: { readonly name: string; readonly token: string },
): Promise<void> {
  if (!token.startsWith(TOKEN_PREFIX)) {
    throw new NetmothError('NM_CONFIG_INVALID', `an API token begins with ${TOKEN_PREFIX}`);
  }
  const { rowCount } = await pool.query(sql.SELECT_PASSWORD, ['admin']);
  if (rowCount === 0) {
    const told = 'there is no user admin to own the token: give an admin password too';
    throw new NetmothError('NM_CONFIG_INVALID', told);
  }
  await pool.query(sql.REPLACE_TOKEN, [randomUUID(), 'admin', name, hashOf(token)]);
}

export class Accounts {
  readonly #pool: StorePool;
  readonly #clock: Clock;
  readonly #passwords = new PasswordChecker();

  constructor(pool: StorePool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** A new session, or undefined where user or password is wrong. */
  async logIn(user: string, password: string): Promise<Session | undefined> {
    if (!(await this.#passwordIs(user, password))) return undefined;
    const nowMs = this.#clock();
    const secret = newSecret();
    const expiresMs = nowMs + SESSION_MS;
    await this.#pool.query(sql.DELETE_EXPIRED_SESSIONS, [nowMs]);
    await this.#pool.query(sql.INSERT_SESSION, [hashOf(secret), user, expiresMs]);
    await this.#pool.query(sql.TRIM_SESSIONS, [user, MAX_SESSIONS_PER_USER]);
    return { kind: 'session', user, secret, expiresMs, extended: true };
  }

  async logOut(secret: string): Promise<void> {
    await this.#pool.query(sql.DELETE_SESSION, [hashOf(secret)]);
  }

  /** The session of a cookie; its expiry slides. */
  async session(secret: string): Promise<Session | undefined> {
    const nowMs = this.#clock();
    const hash = hashOf(secret);
    const { rows } = await this.#pool.query<{ user_name: string; expires_ms: number }>(
      sql.SELECT_SESSION,
      [hash, nowMs],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const extended = nowMs + SESSION_MS - row.expires_ms >= TOUCH_MS;
    const expiresMs = extended ? nowMs + SESSION_MS : row.expires_ms;
    if (extended) await this.#pool.query(sql.EXTEND_SESSION, [hash, expiresMs]);
    return { kind: 'session', user: row.user_name, secret, expiresMs, extended };
  }

  async token(secret: string): Promise<TokenUse | undefined> {
    if (!secret.startsWith(TOKEN_PREFIX)) return undefined;
    const nowMs = this.#clock();
    const { rows } = await this.#pool.query<{
      id: string;
      user_name: string;
      used_ms: number | null;
    }>(sql.SELECT_TOKEN_USER, [hashOf(secret), nowMs]);
    const [row] = rows;
    if (row === undefined) return undefined;
    if (row.used_ms === null || nowMs - row.used_ms >= TOUCH_MS) {
      await this.#pool.query(sql.TOUCH_TOKEN, [row.id, nowMs]);
    }
    return { kind: 'token', user: row.user_name, secret };
  }

  /** Whether a principal found earlier still holds; does not count as use. */
  async stillValid(principal: Principal): Promise<boolean> {
    const query = principal.kind === 'session' ? sql.SELECT_SESSION : sql.SELECT_TOKEN_USER;
    const { rowCount } = await this.#pool.query(query, [hashOf(principal.secret), this.#clock()]);
    return rowCount === 1;
  }

  /** Undefined where `current` is wrong. Ends all other sessions of the user. */
  async changePassword(
    session: Session,
    current: string,
    next: string,
  ): Promise<'changed' | undefined> {
    if (!(await this.#passwordIs(session.user, current))) return undefined;
    const hash = await hashPassword(next);
    await this.#pool.withTransaction(async (client) => {
      await client.query(sql.UPDATE_PASSWORD, [session.user, hash]);
      await client.query(sql.DELETE_OTHER_SESSIONS, [session.user, hashOf(session.secret)]);
    });
    return 'changed';
  }

  async tokens(user: string): Promise<TokenInfo[]> {
    const { rows } = await this.#pool.query<TokenInfo>(sql.SELECT_TOKENS, [user]);
    return rows;
  }

  async createToken(
    user: string,
    { name, expiresInDays }: z.output<typeof tokenRequestSchema>,
  ): Promise<z.infer<typeof tokenCreatedSchema>> {
    const nowMs = this.#clock();
    const token = `${TOKEN_PREFIX}${newSecret()}`;
    const expiresMs = expiresInDays === undefined ? null : nowMs + expiresInDays * DAY_MS;
    const values = [randomUUID(), user, name, hashOf(token), nowMs, expiresMs, MAX_TOKENS_PER_USER];
    const { rows } = await this.#pool.query<TokenInfo>(sql.INSERT_TOKEN, values);
    const [info] = rows;
    if (info === undefined) {
      const told = `an account has at most ${MAX_TOKENS_PER_USER} tokens; revoke one first`;
      throw new NetmothError('NM_FORBIDDEN', told);
    }
    return { ...info, token };
  }

  /** False where the user has no such token. */
  async deleteToken(user: string, id: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query(sql.DELETE_TOKEN, [id, user]);
    return rowCount === 1;
  }

  async #passwordIs(user: string, password: string): Promise<boolean> {
    const { rows } = await this.#pool.query<{ password_hash: string }>(sql.SELECT_PASSWORD, [user]);
    return this.#passwords.matches(password, rows[0]?.password_hash);
  }
}
