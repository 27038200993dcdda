/**
 * Answers NATS when a sensor logs in: who it is by its Kubernetes token, and what it may do by that alone.
 *
 * Every replica answers (a queue group), whoever leads: logging in must not wait for an election.
 *
 * Invariants: permission is given to a token the API server vouches for and to nothing else; it names one
 * sensor and one node, and ends with the token or after kSessionSeconds; a refusal tells the other side
 * nothing but that. At most kAtOnce questions are under way, the others wait in NATS.
 * Source: NATS auth callout (ADR-26).
 */
import type { KeyPair } from '@nats-io/nkeys';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { tokenSchema, toToken } from '#contracts/nats.ts';
import { type BusAccess, runBusSessions } from '../runtime/bus-sessions.ts';
import { readJwt, signedJwt } from './nats-jwt.ts';
import { sensorPermissions } from './sensor-permissions.ts';
import type { SensorIdentity, TokenReviewer } from './token-review.ts';

const kSubject = '$SYS.REQ.USER.AUTH';
const kQueue = 'netmoth-operator';
const kAccount = '$G';
const kSessionSeconds = 3_600;
const kAtOnce = 32;

export interface CalloutOptions extends BusAccess {
  readonly key: KeyPair;
  readonly reviewer: TokenReviewer;
  readonly log: Logger;
  readonly random: () => number;
  readonly wallNow: () => Date;
}

/** What is read of NATS' question. */
interface Question {
  /** Key of the connection that asks to be let in. */
  readonly userKey: string;
  readonly server: string;
  readonly token: string;
}

export class CalloutService {
  readonly #options: CalloutOptions;
  readonly #working = new Set<Promise<void>>();
  granted = 0;
  refused = 0;
  failed = 0;

  constructor(options: CalloutOptions) {
    this.#options = options;
  }

  /** Runs until the signal; never rejects. */
  run(signal: AbortSignal): Promise<void> {
    const { log, random } = this.#options;
    return runBusSessions(
      {
        ...{ access: this.#options, name: 'netmoth-operator-callout', log, random },
        outage: 'Sensors cannot log in at this replica',
        session: (connection, up) =>
          this.#serve(connection, () => {
            up();
            log.info({ server: connection.getServer() }, 'Sensors can log in');
          }),
      },
      signal,
    );
  }

  async #serve(connection: NatsConnection, onUp: () => void): Promise<void> {
    const questions = connection.subscribe(kSubject, { queue: kQueue });
    await connection.flush();
    onUp();
    for await (const message of questions) {
      if (this.#working.size >= kAtOnce) await Promise.race(this.#working);
      const work = this.#answer(message).finally(() => this.#working.delete(work));
      this.#working.add(work);
    }
  }

  async #answer(message: Msg): Promise<void> {
    const { reviewer, log } = this.#options;
    const question = questionOf(message.string());
    if (question === undefined) {
      this.refused += 1;
      return;
    }
    try {
      const identity = await reviewer.identityOf(question.token);
      const permit = identity && this.#permit(question, identity);
      if (permit === undefined) {
        this.refused += 1;
        log.warn({ identity: identity ?? 'none' }, 'A sensor was not let in');
        this.#reply(message, question, { error: 'not authorized' });
      } else {
        this.granted += 1;
        this.#reply(message, question, { jwt: permit });
      }
    } catch (err) {
      // The sensor tries again by itself.
      this.failed += 1;
      log.warn({ err }, 'A token could not be reviewed');
      this.#reply(message, question, { error: 'try again' });
    }
  }

  /** Undefined where the names cannot be subjects: nothing is granted by half. */
  #permit(question: Question, identity: SensorIdentity): string | undefined {
    const { key, wallNow } = this.#options;
    const { sensor, expires, pod } = identity;
    const node = toToken(identity.node);
    if (!tokenSchema.safeParse(sensor).success) return undefined;
    const now = wallNow();
    const exp = Math.min(expires, Math.floor(now.getTime() / 1_000) + kSessionSeconds);
    const unlimited = { subs: -1, data: -1, payload: -1 };
    return signedJwt(
      {
        ...{ aud: kAccount, sub: question.userKey, name: `${sensor}.${node} (${pod})`, exp },
        nats: { type: 'user', version: 2, ...sensorPermissions(sensor, node), ...unlimited },
      },
      key,
      now,
    );
  }

  #reply(message: Msg, question: Question, answer: { jwt?: string; error?: string }): void {
    const { key, wallNow } = this.#options;
    const { userKey: sub, server: aud } = question;
    const nats = { type: 'authorization_response', version: 2, ...answer };
    message.respond(signedJwt({ aud, sub, nats }, key, wallNow()));
  }
}

/** Asked by a server, about a connection with a token. */
function questionOf(text: string): Question | undefined {
  const claims = readJwt(text);
  if (claims === undefined || !claims.iss.startsWith('N')) return undefined;
  const { type, user_nkey: userKey, server_id: server, connect_opts: given } = claims.nats;
  const { id } = (server ?? {}) as { id?: unknown };
  const { auth_token: token = '' } = (given ?? {}) as { auth_token?: unknown };
  if (type !== 'authorization_request' || typeof userKey !== 'string' || typeof id !== 'string') {
    return undefined;
  }
  return { userKey, server: id, token: typeof token === 'string' ? token : '' };
}
