/**
 * Asks a manager's REST API: the one of a data directory, or any by URL and token.
 *
 * Invariant: every failure is a NetmothError that says which manager was asked and what to do.
 */
import { readFileSync } from 'node:fs';
import { NetmothError } from '#contracts/errors.ts';
import { API_PREFIX, errorBodySchema, supervisorStateSchema } from '#contracts/rest.ts';
import type { CliEnvironment } from './config.ts';
import { dataDirPaths } from './data-dir.ts';

export interface ApiTarget {
  readonly url: string;
  readonly token: string;
}

export interface TargetOptions {
  readonly dataDir: string;
  readonly url?: string;
  readonly token?: string;
}

/** Where to ask: --url, else $NETMOTH_URL, else the manager that `netmoth up` runs in the data directory. */
export function apiTarget(options: TargetOptions, environment: CliEnvironment): ApiTarget {
  const url = options.url ?? environment.url;
  const token = options.token ?? environment.token;
  if (url !== undefined) {
    if (token === undefined) {
      throw new NetmothError(
        'NM_UNAUTHENTICATED',
        `${url} wants an API token: make one under Settings in the dashboard, pass --token or NETMOTH_TOKEN`,
      );
    }
    return { url: url.replace(/\/+$/, ''), token };
  }
  const paths = dataDirPaths(options.dataDir);
  try {
    const state = supervisorStateSchema.parse(
      JSON.parse(readFileSync(paths.supervisorState, 'utf8')),
    );
    return { url: state.url, token: token ?? readFileSync(paths.cliToken, 'utf8').trim() };
  } catch (cause) {
    throw new NetmothError(
      'NM_API_UNREACHABLE',
      `no netmoth runs in ${options.dataDir}: start it with \`netmoth up\`, or name a manager with --url`,
      { cause },
    );
  }
}

/** GET below /api/v1; the body is not read yet. */
export async function apiGet(
  target: ApiTarget,
  path: string,
  query: Readonly<Record<string, string | undefined>> = {},
): Promise<Response> {
  const url = new URL(`${target.url}${API_PREFIX}${path}`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  let response: Response;
  try {
    response = await fetch(url, { headers: { authorization: `Bearer ${target.token}` } });
  } catch (cause) {
    throw new NetmothError(
      'NM_API_UNREACHABLE',
      `the manager at ${target.url} does not answer: is \`netmoth up\` running? (\`netmoth status\`)`,
      { cause, retryable: true },
    );
  }
  if (response.ok) return response;
  throw await apiError(target, response);
}

async function apiError(target: ApiTarget, response: Response): Promise<NetmothError> {
  const body = errorBodySchema.safeParse(await response.json().catch(() => undefined));
  if (!body.success) {
    return new NetmothError(
      'NM_API_UNREACHABLE',
      `${target.url} answered ${response.status}, not as a netmoth manager does`,
    );
  }
  const { code, message, details = [] } = body.data.error;
  const more = details.map((detail) => `; ${detail.path}: ${detail.message}`).join('');
  return new NetmothError(code, `${message}${more}`);
}
