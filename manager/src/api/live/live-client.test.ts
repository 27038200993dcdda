// What is refused of a client, with a socket whose backlog the test sets (live.test.ts has real ones).
import { expect, test } from 'vitest';
import { LiveClient, MAX_WRONG_MESSAGES } from './live-client.ts';

test('a client that does not read gets no answers to wrong messages, and is cut off all the same', () => {
  const sent: string[] = [];
  const closed: number[] = [];
  const socket = {
    bufferedAmount: 0,
    send: (text: string) => void sent.push(text),
    close: (code: number) => void closed.push(code),
  };
  const client = new LiveClient(socket, {
    onDrop: () => undefined,
    onSubscribe: () => undefined,
  });
  client.receive('nonsense');
  expect(sent).toHaveLength(1);
  socket.bufferedAmount = 1024 * 1024;
  for (let i = 1; i < MAX_WRONG_MESSAGES - 1; i++) client.receive('nonsense');
  expect([sent.length, closed]).toEqual([1, []]);
  for (let i = 0; i < 5; i++) client.receive('nonsense');
  expect([sent.length, closed]).toEqual([1, [1008]]);
});
