// One WebSocket client. Invariants: what waits for it is bounded (live-queue.ts), the oldest gives way,
// and the next message says how many did; nothing more is handed to the socket, neither events nor
// answers, while SOCKET_BYTES lie unsent in it; who sends MAX_WRONG_MESSAGES wrong ones is cut off.
import { SocketAddress } from 'node:net';
import { z } from 'zod';
import type { EventType } from '#contracts/eve.ts';
import {
  LIVE_MAX_EVENTS_PER_MESSAGE,
  type LiveClientMessage,
  type LiveServerMessage,
  liveClientMessageSchema,
} from '#contracts/live.ts';
import { LiveQueue } from './live-queue.ts';

const SOCKET_BYTES = 256 * 1024;
const FLUSH_MS = 100;
export const MAX_WRONG_MESSAGES = 20;
/** RFC 6455, 7.4.1. */
const CLOSE_POLICY_VIOLATION = 1008;

type LiveSubscribe = Extract<LiveClientMessage, { type: 'subscribe' }>;

/** What is needed of a `ws` socket. */
export interface LiveSocket {
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code: number, reason: string): void;
}

export interface LiveEvent {
  readonly type: EventType;
  readonly sourceIp: string | undefined;
  readonly destinationIp: string | undefined;
  /** Of what analysis found. */
  readonly score: number | undefined;
}

interface Subscription {
  readonly types: ReadonlySet<EventType>;
  /** In canonical form. */
  readonly device: string | undefined;
  readonly minScore: number | undefined;
}

interface LiveClientHandlers {
  readonly onDrop: (events: number) => void;
  /** It wants other events than before. */
  readonly onSubscribe: () => void;
}

export class LiveClient {
  readonly #socket: LiveSocket;
  readonly #handlers: LiveClientHandlers;
  #subscription: Subscription | undefined;
  #paused = false;
  readonly #waiting = new LiveQueue();
  #dropped = 0;
  #wrong = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: LiveSocket, handlers: LiveClientHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
  }

  get wantsEvents(): boolean {
    return this.#subscription !== undefined;
  }

  /** More than what analysis found. */
  get wantsStream(): boolean {
    return this.#subscription !== undefined && this.#subscription.minScore === undefined;
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
        this.#subscribe(message);
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

  #subscribe({ eventTypes, device, minScore }: LiveSubscribe): void {
    const canonical = device === undefined ? undefined : canonicalIp(device);
    if (device !== undefined && canonical === undefined) {
      this.#refuse('device: is no IP address');
      return;
    }
    this.#subscription = { types: new Set(eventTypes), device: canonical, minScore };
    this.#waiting.clear();
    this.#dropped = 0;
    this.#handlers.onSubscribe();
  }

  wants(event: LiveEvent): boolean {
    return this.#subscription !== undefined && matches(this.#subscription, event);
  }

  /** An event it wants, as one line of JSON. */
  offer(line: string): void {
    const dropped = this.#waiting.push(line);
    if (dropped > 0) {
      this.#dropped += dropped;
      this.#handlers.onDrop(dropped);
    }
    this.#schedule();
  }

  say(message: LiveServerMessage): void {
    this.#socket.send(JSON.stringify(message));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#subscription = undefined;
    this.#waiting.clear();
  }

  #refuse(message: string): void {
    this.#wrong += 1;
    if (this.#wrong > MAX_WRONG_MESSAGES) return;
    if (this.#socket.bufferedAmount < SOCKET_BYTES) {
      this.say({ type: 'error', code: 'NM_QUERY_INVALID', message });
    }
    if (this.#wrong === MAX_WRONG_MESSAGES) {
      this.#socket.close(CLOSE_POLICY_VIOLATION, 'too many wrong messages');
    }
  }

  #schedule(): void {
    if (this.#paused || this.#waiting.size === 0) return;
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#paused) return;
    while (this.#waiting.size > 0 && this.#socket.bufferedAmount < SOCKET_BYTES) {
      const lines = this.#waiting.take(LIVE_MAX_EVENTS_PER_MESSAGE, SOCKET_BYTES);
      this.#socket.send(
        `{"type":"events","events":[${lines.join(',')}],"dropped":${this.#dropped}}`,
      );
      this.#dropped = 0;
    }
    this.#schedule();
  }
}

function matches({ types, device, minScore }: Subscription, event: LiveEvent): boolean {
  if (types.size > 0 && !types.has(event.type)) return false;
  if (minScore !== undefined && (event.score === undefined || event.score < minScore)) return false;
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
