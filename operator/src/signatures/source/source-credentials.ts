/**
 * Credentials out of a Secret.
 *
 * Invariants: they stand in no log and in no message; only a Secret that says it is for sources gives any,
 * because who writes a SignatureSet says where they are sent, and other passwords lie in the same namespace.
 */
import type { KubeObject } from '../../runtime/resource.ts';

/** Of a Secret, with the value "true". */
export const CREDENTIALS_LABEL = 'netmoth.io/source-credentials';

export interface SourceCredentials {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
}

export interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export function isForSources({ metadata }: Secret): boolean {
  return metadata.labels?.[CREDENTIALS_LABEL] === 'true';
}

export function credentialsOf({ data = {} }: Secret): SourceCredentials {
  const text = (key: string): string | undefined => {
    const value = data[key];
    return value === undefined ? undefined : Buffer.from(value, 'base64').toString().trim();
  };
  return { username: text('username'), password: text('password'), token: text('token') };
}

/** For HTTP: a token where there is one. */
export function authorizationOf(credentials: SourceCredentials | undefined): string | undefined {
  if (credentials?.token !== undefined) return `Bearer ${credentials.token}`;
  return basic(credentials);
}

/** Registries take a token as the password of any user. */
export function basic(credentials: SourceCredentials | undefined): string | undefined {
  const { username = 'token', password, token } = credentials ?? {};
  const secret = password ?? token;
  if (secret === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`;
}
