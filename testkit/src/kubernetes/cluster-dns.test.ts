import { describe, expect, it } from 'vitest';
import { readQuestion, writeAnswer } from './cluster-dns.ts';

const kHead = [0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
const question = (type: number): Buffer =>
  Buffer.from([...kHead, 1, 0x41, 2, 0x62, 0x63, 0, 0, type, 0, 1]);

describe('names of Services', () => {
  it('are asked for in any case, and answered with their address', () => {
    const asked = readQuestion(question(1));
    expect(asked).toEqual({ labels: ['a', 'bc'], type: 1, end: 22 });
    if (asked === undefined) return;
    const answer = writeAnswer(question(1), asked, ['10.96.0.7']);
    expect([...answer.subarray(0, 12)]).toEqual([0x12, 0x34, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
    expect([...answer.subarray(22)]).toEqual([
      0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 96, 0, 7,
    ]);
  });

  it('have no IPv6 address, which is not the same as no such name', () => {
    const asked = readQuestion(question(28));
    if (asked === undefined) throw new Error('unread');
    expect(writeAnswer(question(28), asked, ['10.96.0.7'])[3]).toBe(0x80);
    expect(writeAnswer(question(28), asked, undefined)[3]).toBe(0x83);
  });

  it('are not read from a packet cut anywhere', () => {
    const whole = question(1);
    for (let length = 0; length < whole.length; length += 1) {
      expect(readQuestion(whole.subarray(0, length)), String(length)).toBeUndefined();
    }
  });
});
