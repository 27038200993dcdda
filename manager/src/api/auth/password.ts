// Passwords: scrypt (RFC 7914) with a salt of its own each. Invariants: comparison takes the same time
// whatever differs; at most MAX_WAITING checks wait, since each costs 32 MiB and some 100 ms.
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { RateLimitError } from '../error-answers.ts';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

const COST = { N: 2 ** 15, r: 8, p: 1 } as const;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const MAX_MEMORY_BYTES = 256 * 1024 * 1024;
const MAX_WAITING = 16;

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password.normalize('NFC'), salt, KEY_BYTES, options(COST));
  const { N, r, p } = COST;
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

function options(cost: { N: number; r: number; p: number }): ScryptOptions {
  return { ...cost, maxmem: MAX_MEMORY_BYTES };
}

/** Checks passwords, at most MAX_WAITING at once. */
export class PasswordChecker {
  #waiting = 0;
  /** Checked against where there is no such user, so that the answer takes as long. */
  readonly #nobody = hashPassword(randomBytes(KEY_BYTES).toString('hex'));

  async matches(password: string, stored: string | undefined): Promise<boolean> {
    if (this.#waiting >= MAX_WAITING) {
      throw new RateLimitError('too many logins at once; try again in a moment', 2);
    }
    this.#waiting++;
    try {
      const matches = await compare(password, stored ?? (await this.#nobody));
      return matches && stored !== undefined;
    } finally {
      this.#waiting--;
    }
  }
}

async function compare(password: string, stored: string): Promise<boolean> {
  const [scheme, N, r, p, salt, key] = stored.split('$');
  if (scheme !== 'scrypt' || salt === undefined || key === undefined) return false;
  const expected = Buffer.from(key, 'base64url');
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const actual = await derive(
    password.normalize('NFC'),
    Buffer.from(salt, 'base64url'),
    expected.length,
    options(cost),
  );
  return timingSafeEqual(actual, expected);
}
