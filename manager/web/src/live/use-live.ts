// The live log as React state. Invariant: arrivals are gathered and shown once per frame at most, and
// the buffer is bounded, so a fast feed never freezes the page.
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { EventType, LiveEvent } from '../api/contract.ts';
import { LiveSocket, type LiveState } from '../api/live-socket.ts';
import { appendLive, EMPTY_BUFFER, type LiveBuffer } from './live-buffer.ts';

export const LIVE_CAPACITY = 5_000;

export interface Live {
  readonly buffer: LiveBuffer;
  readonly state: LiveState;
  readonly problem: string;
  readonly paused: boolean;
  readonly setPaused: (paused: boolean) => void;
  readonly clear: () => void;
}

export function useLive(eventTypes: readonly EventType[]): Live {
  const [buffer, setBuffer] = useState(EMPTY_BUFFER);
  const [state, setState] = useState<LiveState>('connecting');
  const [problem, setProblem] = useState('');
  const [paused, setPausedState] = useState(false);
  const socket = useRef<LiveSocket | null>(null);
  const subscription = eventTypes.join(',');
  const client = useQueryClient();

  useEffect(() => {
    let waiting: LiveEvent[] = [];
    let waitingDropped = 0;
    let frame = 0;
    const flush = () => {
      const arrival = { events: waiting, dropped: waitingDropped };
      waiting = [];
      waitingDropped = 0;
      frame = 0;
      setBuffer((held) => appendLive(held, arrival, LIVE_CAPACITY));
    };
    const opened = new LiveSocket({
      onEvents: (events, dropped) => {
        // A hidden page gets no frames: what it cannot show falls out here, oldest first.
        waiting = [...waiting, ...events].slice(-LIVE_CAPACITY);
        waitingDropped += dropped;
        if (frame === 0) frame = requestAnimationFrame(flush);
      },
      onState: (next, message) => {
        setState(next);
        setProblem(message);
        // The manager hangs up when the session has ended: asking for it shows the login.
        if (next === 'lost') void client.invalidateQueries({ queryKey: ['session'] });
      },
    });
    socket.current = opened;
    opened.open();
    return () => {
      cancelAnimationFrame(frame);
      opened.close();
      socket.current = null;
    };
  }, [client]);

  useEffect(() => {
    socket.current?.subscribe(subscription === '' ? [] : (subscription.split(',') as EventType[]));
  }, [subscription]);

  const setPaused = useCallback((next: boolean) => {
    socket.current?.pause(next);
    setPausedState(next);
  }, []);
  const clear = useCallback(() => setBuffer(EMPTY_BUFFER), []);
  return { buffer, state, problem, paused, setPaused, clear };
}
