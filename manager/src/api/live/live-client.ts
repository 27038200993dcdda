// One WebSocket client. Invariants: at most LIVE_BUFFER_EVENTS wait for it, the oldest of them give
// way, and the next message says how many; no more is handed to the socket while SOCKET_BYTES lie
// unsent in it.
import { SocketAddress } from 'node:net';
import { z } from 'zod';
import type { EventType } from '#contracts/eve.ts';
import {
  LIVE_BUFFER_EVENTS,
  LIVE_MAX_EVENTS_PER_MESSAGE,
  type LiveClientMessage,
  type LiveServerMessage,
  liveClientMessageSchema,
} from '#contracts/live.ts';

const SOCKET_BYTES = 256 * 1024;
const FLUSH_MS = 100;

/** What is needed of a `ws` socket. */
export interface LiveSocket {
  readonly bufferedAmount: number;
  send(text: string): void;
}

export interface LiveEvent {
  readonly type: EventType;
  readonly sourceIp: string | undefined;
  readonly destinationIp: string | undefined;
  /** The event as it came, one line of JSON. */
  readonly line: string;
}

interface Subscription {
  readonly types: ReadonlySet<EventType>;
  /** In canonical form. */
  readonly device: string | undefined;
}

export class LiveClient {
  readonly #socket: LiveSocket;
  readonly #onDrop: (events: number) => void;
  #subscription: Subscription | undefined;
  #paused = false;
  #waiting: string[] = [];
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: LiveSocket, onDrop: (events: number) => void) {
    this.#socket = socket;
    this.#onDrop = onDrop;
  }

  get wantsEvents(): boolean {
    return this.#subscription !== undefined;
  }

  /** A message of the client, as text. */
  receive(text: string): void {
    const message = liveClientMessageSchema.safeParse(jsonOf(text));
    if (message.success) this.#obey(message.data);
    else this.#refuse(z.prettifyError(message.error));
  }

  #obey(message: LiveClientMessage): void {
    switch (message.type) {
      case 'subscribe':
        this.#subscribe(message.eventTypes, message.device);
        return;
      case 'pause':
        this.#paused = true;
        return;
      case 'resume':
        this.#paused = false;
        this.#schedule();
        return;
    }
  }

  #subscribe(types: readonly EventType[], device: string | undefined): void {
    const canonical = device === undefined ? undefined : canonicalIp(device);
    if (device !== undefined && canonical === undefined) {
      this.#refuse('device: is no IP address');
      return;
    }
    this.#subscription = { types: new Set(types), device: canonical };
    this.#waiting = [];
    this.#dropped = 0;
  }

  offer(event: LiveEvent): void {
    if (this.#subscription === undefined || !matches(this.#subscription, event)) return;
    this.#waiting.push(event.line);
    // Trimmed in steps, since taking one from the front costs as much as taking many.
    if (this.#waiting.length >= 2 * LIVE_BUFFER_EVENTS) this.#trim();
    this.#schedule();
  }

  say(message: LiveServerMessage): void {
    this.#socket.send(JSON.stringify(message));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#subscription = undefined;
    this.#waiting = [];
  }

  #refuse(message: string): void {
    this.say({ type: 'error', code: 'NM_QUERY_INVALID', message });
  }

  #trim(): void {
    const excess = this.#waiting.length - LIVE_BUFFER_EVENTS;
    if (excess <= 0) return;
    this.#waiting = this.#waiting.slice(excess);
    this.#dropped += excess;
    this.#onDrop(excess);
  }

  #schedule(): void {
    if (this.#paused || this.#waiting.length === 0) return;
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#paused) return;
    this.#trim();
    while (this.#waiting.length > 0 && this.#socket.bufferedAmount < SOCKET_BYTES) {
      const lines = this.#waiting.splice(0, LIVE_MAX_EVENTS_PER_MESSAGE);
      this.#socket.send(
        `{"type":"events","events":[${lines.join(',')}],"dropped":${this.#dropped}}`,
      );
      this.#dropped = 0;
    }
    this.#schedule();
  }
}

function matches({ types, device }: Subscription, event: LiveEvent): boolean {
  if (types.size > 0 && !types.has(event.type)) return false;
  return (
    device === undefined ||
    isDevice(device, event.sourceIp) ||
    isDevice(device, event.destinationIp)
  );
}

/** IPv6 has many spellings; IPv4 has one. */
function isDevice(device: string, address: string | undefined): boolean {
  if (address === undefined) return false;
  return address === device || (address.includes(':') && canonicalIp(address) === device);
}

function canonicalIp(text: string): string | undefined {
  if (!z.union([z.ipv4(), z.ipv6()]).safeParse(text).success) return undefined;
  if (!text.includes(':')) return text;
  return SocketAddress.parse(`[${text}]:0`)?.address;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
