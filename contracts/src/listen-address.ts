/**
 * HOST:PORT as every part takes it where it listens; an IPv6 host stands in brackets.
 *
 * Invariant: one reading of the text for all parts, and one wording of why it cannot be listened on.
 */
import { NetmothError } from './errors.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

export const LISTEN_ADDRESS_HINT = 'expected HOST:PORT, such as 127.0.0.1:8470 or [::1]:8470';

/** Undefined where the text is no such address. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const [, bracketed, plain, portText] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(portText);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

/** What to tell when the system refused to listen at `where`. */
export function listenError(where: string, cause: unknown): NetmothError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  const why =
    code === 'EADDRINUSE'
      ? 'another program listens there'
      : `it cannot be listened on (${code}: is the address this machine's, and may we use the port?)`;
  return new NetmothError(
    'NM_PORT_IN_USE',
    `${where} is not free: ${why}; choose another with --listen HOST:PORT`,
    { cause },
  );
}
