/**
 * WebSocket /api/v1/live: events as they come over the bus, which may be before they are stored.
 *
 * Invariant: a slow client never makes the server queue without bound; what is left out for it is
 * counted and said in `dropped` of the next message.
 */
import { z } from 'zod';
import { eventTypeSchema } from './eve.ts';

export const LIVE_PATH = '/api/v1/live';
/** Events buffered per client at most; further ones are dropped and counted. */
export const LIVE_BUFFER_EVENTS = 2_000;
/** And bytes of them, whichever bound is met first. */
export const LIVE_BUFFER_BYTES = 4 * 1024 * 1024;
export const LIVE_MAX_EVENTS_PER_MESSAGE = 200;

export const liveClientMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('subscribe').describe('Replaces the subscription; empty lists mean all'),
    eventTypes: z.array(eventTypeSchema).default([]),
    device: z.string().max(45).optional(),
    minScore: z
      .int()
      .min(0)
      .max(100)
      .optional()
      .describe('Only findings of analysis with this score or more: what sensors see is not read'),
  }),
  z.strictObject({ type: z.literal('pause') }),
  z.strictObject({ type: z.literal('resume') }),
]);
export type LiveClientMessage = z.infer<typeof liveClientMessageSchema>;

export const liveServerMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), version: z.string() }),
  z.object({
    type: z.literal('events'),
    events: z.array(z.looseObject({ event_type: eventTypeSchema, timestamp: z.string() })),
    dropped: z.int().min(0).describe('Events left out for this client since its last message'),
  }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string() }),
]);
export type LiveServerMessage = z.infer<typeof liveServerMessageSchema>;
