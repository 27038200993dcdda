/** HOST:PORT as `--listen` takes it, and whether that address is free. */
import { createServer } from 'node:net';
import { NetmothError } from '#contracts/errors.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const WILDCARDS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

export function parseListenAddress(text: string): ListenAddress {
  const [, bracketed, plain, portText] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(portText);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new NetmothError(
      'NM_USAGE',
      `--listen ${text}: expected HOST:PORT, such as 127.0.0.1:8470 or [::1]:8470`,
    );
  }
  return { host, port };
}

/** Where a browser on this machine finds it. */
export function urlOf({ host, port }: ListenAddress): string {
  const named = WILDCARDS[host] ?? (host.includes(':') ? `[${host}]` : host);
  return `http://${named}:${port}`;
}

/** Rejects with what is wrong when nobody could listen there now. */
export function assertFree({ host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE'
          ? 'another program listens there'
          : `it cannot be listened on (${cause.code})`;
      reject(
        new NetmothError(
          'NM_PORT_IN_USE',
          `${host}:${port} is not free: ${why}; choose another with --listen HOST:PORT`,
          { cause },
        ),
      );
    });
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}
