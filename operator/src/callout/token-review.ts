/**
 * Whose a service-account token is, by the API server's word: sensor and node of the pod it is bound to.
 *
 * Invariants: a token counts only for the audience `netmoth`, bound to a pod that is there, of a sensor's
 * own service account in our namespace; nothing of the token itself is believed but when it ends. An
 * answer is remembered for kRememberMs, by a hash, so that thousands who come back at once are one question each
 * and no secret stays in memory. Source: "Managing Service Accounts", TokenReview v1, KEP-4193.
 */
import { createHash } from 'node:crypto';
import type { ApiClient } from '../runtime/api-client.ts';

export const TOKEN_AUDIENCE = 'netmoth';
const kAccountPrefix = 'netmoth-sensor-';
const kExtra = 'authentication.kubernetes.io';
const kRememberMs = 5 * 60_000;
const kMaxRemembered = 20_000;
const kMaxTokenBytes = 16_384;
const kReviews = '/apis/authentication.k8s.io/v1/tokenreviews';

export interface SensorIdentity {
  readonly sensor: string;
  /** Name of the Node. */
  readonly node: string;
  readonly pod: string;
  /** Seconds since 1970. */
  readonly expires: number;
}

export interface TokenReviewerOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

interface ReviewStatus {
  readonly authenticated?: boolean;
  readonly audiences?: readonly string[];
  readonly user?: {
    readonly username?: string;
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
}

type Remembered = { readonly identity: SensorIdentity; readonly atMs: number };

export class TokenReviewer {
  readonly #options: TokenReviewerOptions;
  readonly #remembered = new Map<string, Remembered>();
  reviews = 0;

  constructor(options: TokenReviewerOptions) {
    this.#options = options;
  }

  /** Undefined: it is no sensor's. Throws where the API server does not answer. */
  async identityOf(token: string): Promise<SensorIdentity | undefined> {
    if (token === '' || token.length > kMaxTokenBytes) return undefined;
    const key = createHash('sha256').update(token).digest('base64');
    const nowMs = this.#options.now();
    const known = this.#remembered.get(key);
    if (known !== undefined && nowMs - known.atMs < kRememberMs) return known.identity;
    this.#remembered.delete(key);
    const identity = await this.#ask(token);
    if (identity !== undefined) this.#remember(key, { identity, atMs: nowMs });
    return identity;
  }

  async #ask(token: string): Promise<SensorIdentity | undefined> {
    this.reviews += 1;
    const { client, namespace } = this.#options;
    const body = {
      ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' },
      spec: { token, audiences: [TOKEN_AUDIENCE] },
    };
    const answer = await client.request<{ status?: ReviewStatus }>({
      ...{ method: 'POST', path: kReviews, body },
    });
    const { authenticated, audiences = [], user } = answer.status ?? {};
    if (authenticated !== true || !audiences.includes(TOKEN_AUDIENCE)) return undefined;
    const account = `system:serviceaccount:${namespace}:${kAccountPrefix}`;
    const { username = '', extra = {} } = user ?? {};
    const [pod] = extra[`${kExtra}/pod-name`] ?? [];
    const [node] = extra[`${kExtra}/node-name`] ?? [];
    const expires = expiryOf(token);
    if (!username.startsWith(account) || pod === undefined || node === undefined) return undefined;
    if (expires === undefined) return undefined;
    return { sensor: username.slice(account.length), node, pod, expires };
  }

  #remember(key: string, remembered: Remembered): void {
    this.#remembered.set(key, remembered);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > kMaxRemembered && oldest !== undefined) {
      this.#remembered.delete(oldest);
    }
  }
}

/** Of a token the API server has just called good. */
function expiryOf(token: string): number | undefined {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const { exp } = JSON.parse(payload) as { exp?: unknown };
    return typeof exp === 'number' ? exp : undefined;
  } catch {
    return undefined;
  }
}
