// The WebSocket of the live log and of the banner. Invariant: one socket at a time; a lost one is opened again with a
// growing pause, and subscribes anew by itself.
import {
  type EventType,
  LIVE_PATH,
  type LiveClientMessage,
  type LiveEvent,
  type LiveServerMessage,
} from './contract.ts';

export type LiveState = 'connecting' | 'open' | 'lost';

export interface LiveHandlers {
  readonly onEvents: (events: readonly LiveEvent[], dropped: number) => void;
  readonly onState: (state: LiveState, message: string) => void;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;

export class LiveSocket {
  readonly #handlers: LiveHandlers;
  #socket: WebSocket | undefined;
  #retryMs = FIRST_RETRY_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #eventTypes: readonly EventType[] = [];
  #paused = false;
  #closed = false;
  /** Only findings with this score or more. */
  readonly #minScore: number | undefined;

  constructor(handlers: LiveHandlers, minScore?: number) {
    this.#handlers = handlers;
    this.#minScore = minScore;
  }

  open(): void {
    this.#closed = false;
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#socket = undefined;
  }

  subscribe(eventTypes: readonly EventType[]): void {
    this.#eventTypes = eventTypes;
    const score = this.#minScore === undefined ? {} : { minScore: this.#minScore };
    this.#send({ type: 'subscribe', eventTypes: [...eventTypes], ...score });
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.#send({ type: paused ? 'pause' : 'resume' });
  }

  #connect(): void {
    this.#handlers.onState('connecting', '');
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}${LIVE_PATH}`);
    this.#socket = socket;
    socket.onopen = () => {
      this.#retryMs = FIRST_RETRY_MS;
      this.#handlers.onState('open', '');
      this.subscribe(this.#eventTypes);
      if (this.#paused) this.pause(true);
    };
    socket.onmessage = (message: MessageEvent<string>) => {
      if (socket === this.#socket) this.#read(JSON.parse(message.data) as LiveServerMessage);
    };
    socket.onclose = () => {
      if (this.#closed || socket !== this.#socket) return;
      this.#handlers.onState('lost', '');
      this.#timer = setTimeout(() => this.#connect(), this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    };
  }

  #read(message: LiveServerMessage): void {
    switch (message.type) {
      case 'events':
        this.#handlers.onEvents(message.events, message.dropped);
        return;
      case 'error':
        this.#handlers.onState('open', message.message);
        return;
      case 'hello':
        return;
    }
  }

  #send(message: LiveClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
