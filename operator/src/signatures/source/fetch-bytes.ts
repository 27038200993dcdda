/**
 * One file off the network, bounded.
 *
 * Invariants: at most MAX_SOURCE_BYTES and kTimeoutMs; credentials go to the host they are for and to no
 * other a redirect names; a redirect from https to plain http is refused unless a digest is demanded.
 */
import { createHash } from 'node:crypto';
import { MAX_SOURCE_BYTES } from '../compile/rule-pack.ts';
import { tooLarge } from './read-archive.ts';
import { SourceFault } from './source-fault.ts';

const kTimeoutMs = 60_000;
const kMaxRedirects = 5;

export type Fetch = typeof globalThis.fetch;

export interface Wanted {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to the first host alone. */
  readonly authorization?: string | undefined;
  /** sha256:… of the content. */
  readonly digest?: string | undefined;
  readonly signal: AbortSignal;
}

export interface Fetched {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/** Answers of 200, 304 and 401; every other one is a fault. */
export async function fetchBytes(fetch: Fetch, wanted: Wanted): Promise<Fetched> {
  const signal = AbortSignal.any([wanted.signal, AbortSignal.timeout(kTimeoutMs)]);
  const first = new URL(wanted.url);
  let url = first;
  for (let hop = 0; hop <= kMaxRedirects; hop += 1) {
    const authorization = url.origin === first.origin ? wanted.authorization : undefined;
    const headers = {
      ...wanted.headers,
      ...(authorization === undefined ? {} : { authorization }),
    };
    const response = await reached(url, () => fetch(url, { headers, redirect: 'manual', signal }));
    const { status } = response;
    const location = response.headers.get('location');
    if (status >= 300 && status < 400 && status !== 304 && location !== null) {
      await response.body?.cancel();
      url = nextUrl(url, location, wanted.digest !== undefined);
      continue;
    }
    if (![200, 304, 401].includes(status)) {
      await response.body?.cancel();
      throw refusal(url, status);
    }
    const bytes = await reached(url, () => bounded(response));
    if (status === 200 && wanted.digest !== undefined) demandDigest(bytes, wanted.digest, url);
    return { status, headers: response.headers, bytes };
  }
  throw new SourceFault('SourceUnavailable', `${first.host} redirects without end`);
}

function refusal(url: URL, status: number): SourceFault {
  const forbidden = status === 403;
  const reason = forbidden ? 'SourceForbidden' : 'SourceUnavailable';
  return new SourceFault(reason, `${url.host}${url.pathname} answered ${status}`);
}

function nextUrl(from: URL, location: string, hasDigest: boolean): URL {
  const next = new URL(location, from);
  const fine =
    next.protocol === 'https:' || (next.protocol === 'http:' && from.protocol === 'http:');
  if (fine || (hasDigest && next.protocol === 'http:')) return next;
  throw new SourceFault(
    'SourceUnavailable',
    `${from.host} redirects to ${next.protocol}//${next.host}: without sha256 that may be anybody's`,
  );
}

async function bounded(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_SOURCE_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function demandDigest(bytes: Uint8Array, digest: string, from: URL | string): void {
  const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (found === digest) return;
  const where = typeof from === 'string' ? from : `${from.host}${from.pathname}`;
  throw new SourceFault('WrongDigest', `${where} has the digest ${found}, not ${digest}`);
}

async function reached<T>(url: URL, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof SourceFault) throw cause;
    const detail = cause instanceof Error ? (cause.cause ?? cause) : cause;
    const words = detail instanceof Error ? detail.message : String(detail);
    throw new SourceFault('SourceUnavailable', `${url.host} cannot be reached: ${words}`, {
      cause,
    });
  }
}
