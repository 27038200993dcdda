// The one way this page talks to the manager. Invariant: every failure becomes an ApiError with a code
// of the contract, so that no caller looks at HTTP or at message text.
import {
  API_PREFIX,
  type ErrorBody,
  type ErrorCode,
  type Health,
  type ListName,
  type Page,
  type PasswordChange,
  type RowOf,
  type SensorRow,
  type Session,
  type TokenCreated,
  type TokenInfo,
  type TokenRequest,
} from './contract.ts';

export type Query = Readonly<Record<string, string>>;

export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly { path: string; message: string }[];

  constructor(code: ErrorCode, message: string, details: ApiError['details'] = []) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.details = details;
  }
}

function errorOf(status: number, body: unknown): ApiError {
  const error = (body as Partial<ErrorBody> | undefined)?.error;
  if (error !== undefined) return new ApiError(error.code, error.message, error.details ?? []);
  const code = status === 401 ? 'NM_UNAUTHENTICATED' : 'NM_API_UNREACHABLE';
  return new ApiError(code, `The manager answered ${status} without saying why.`);
}

interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly query?: Query;
  readonly body?: unknown;
  /** A body that is no JSON. */
  readonly file?: Blob;
  readonly signal?: AbortSignal;
}

export function apiUrl(path: string, query: Query = {}): string {
  const search = new URLSearchParams(query).toString();
  return `${API_PREFIX}${path}${search === '' ? '' : `?${search}`}`;
}

export async function call<T>(
  path: string,
  { method = 'GET', query, body, file, signal }: Call = {},
): Promise<T> {
  const json = body === undefined ? undefined : JSON.stringify(body);
  const type = file === undefined ? 'application/json' : 'application/octet-stream';
  const sent = file ?? json;
  let response: Response;
  try {
    response = await fetch(apiUrl(path, query), {
      method,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(sent === undefined ? {} : { 'content-type': type }),
      },
      ...(sent === undefined ? {} : { body: sent }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new ApiError('NM_API_UNREACHABLE', 'The manager cannot be reached.');
  }
  const text = await response.text();
  const parsed = parseJson(text);
  if (!response.ok) throw errorOf(response.status, parsed);
  return parsed as T;
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Signal {
  readonly signal?: AbortSignal;
}

export const api = {
  session: ({ signal }: Signal = {}) => call<Session>('/session', signal ? { signal } : {}),
  logIn: (user: string, password: string) =>
    call<Session>('/session', { method: 'POST', body: { user, password } }),
  logOut: () => call<void>('/session', { method: 'DELETE' }),
  changePassword: (body: PasswordChange) =>
    call<void>('/session/password', { method: 'PUT', body }),
  tokens: () => call<{ items: TokenInfo[] }>('/tokens'),
  createToken: (body: TokenRequest) => call<TokenCreated>('/tokens', { method: 'POST', body }),
  revokeToken: (id: string) =>
    call<void>(`/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' }),
  list: <N extends ListName>(name: N, query: Query, { signal }: Signal = {}) =>
    call<Page<RowOf<N>>>(`/${name}`, { query, ...(signal ? { signal } : {}) }),
  stats: <T>(name: string, query: Query, { signal }: Signal = {}) =>
    call<T>(`/stats/${name}`, { query, ...(signal ? { signal } : {}) }),
  sensors: ({ signal }: Signal = {}) =>
    call<{ items: SensorRow[] }>('/sensors', signal ? { signal } : {}),
  health: ({ signal }: Signal = {}) => call<Health>('/health', signal ? { signal } : {}),
};
