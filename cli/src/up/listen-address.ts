/** Where `netmoth up` listens: what the user said, its URL, and whether it is free. */
import { createServer } from 'node:net';
import { NetmothError } from '#contracts/errors.ts';
import {
  LISTEN_ADDRESS_HINT,
  type ListenAddress,
  listenError,
  parseListenAddress,
} from '#contracts/listen-address.ts';

const WILDCARDS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

/** The address of --listen; port 0 would leave the printed URL a guess. */
export function listenOption(text: string): ListenAddress {
  const address = parseListenAddress(text);
  if (address !== undefined && address.port > 0) return address;
  throw new NetmothError('NM_USAGE', `--listen ${text}: ${LISTEN_ADDRESS_HINT}`);
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
    probe.once('error', (cause) => reject(listenError(`${host}:${port}`, cause)));
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}
