/**
 * A PostgreSQL address with one or several hosts, as libpq writes it. Neither `new URL` nor `pg` knows lists
 * of hosts, so the list is taken apart here into one address per host.
 */
import { NetmothError } from '#contracts/errors.ts';

export interface StoreHost {
  /** `host:port` for people. */
  readonly name: string;
  /** The whole address with this host alone. */
  readonly connectionString: string;
}

/** One address per host, in the order given. */
export function hostsOf(url: string): readonly StoreHost[] {
  const parts = /^(postgres(?:ql)?:\/\/(?:[^@/]*@)?)([^/?]*)(.*)$/.exec(url);
  if (parts === null) throw invalid(undefined);
  const [, before = '', hosts = '', after = ''] = parts;
  return hosts.split(',').map((name) => {
    const connectionString = `${before}${name}${after}`;
    try {
      return { name: new URL(connectionString).host, connectionString };
    } catch (cause) {
      throw invalid(cause);
    }
  });
}

function invalid(cause: unknown): NetmothError {
  // The address itself is not told: it holds a password.
  const message = 'the address of PostgreSQL is not postgres://user:password@host:port/database';
  return new NetmothError('NM_CONFIG_INVALID', message, { cause });
}
