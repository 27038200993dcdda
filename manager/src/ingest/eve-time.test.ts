import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEveTime } from './eve-time.ts';

describe('parseEveTime', () => {
  it('reads every instant of the years 0000 to 9999 as Date does', () => {
    const first = Date.parse('0000-01-01T00:00:00Z');
    const last = Date.parse('9999-12-31T23:59:59Z');
    fc.assert(
      fc.property(
        fc.date({ min: new Date(first), max: new Date(last), noInvalidDate: true }),
        fc.integer({ min: 0, max: 999 }),
        (date, extraMicros) => {
          const text = `${date.toISOString().slice(0, 23)}${String(extraMicros).padStart(3, '0')}+0000`;
          const seconds = Math.floor(date.getTime() / 1000);
          const micros = (date.getTime() - seconds * 1000) * 1000 + extraMicros;
          expect(parseEveTime(text)).toEqual({ seconds, micros });
        },
      ),
    );
  });

  it('takes the offset away', () => {
    const utc = parseEveTime('2026-11-20T14:32:15.000001+0000');
    expect(parseEveTime('2026-11-20T16:02:15.000001+0130')).toEqual(utc);
    expect(parseEveTime('2026-11-20T09:32:15.000001-0500')).toEqual(utc);
  });

  it.each([
    ['no text', 5],
    ['another form', '2026-11-20 14:32:15.000000+0000'],
    ['too few digits', '2026-11-20T14:32:15.00000+00000'],
    ['a letter', '2026-11-2xT14:32:15.000000+0000'],
    ['a month 13', '2026-13-20T14:32:15.000000+0000'],
    ['a 29 February of no leap year', '2026-02-29T14:32:15.000000+0000'],
    ['a day 0', '2026-02-00T14:32:15.000000+0000'],
    ['an hour 24', '2026-02-01T24:00:00.000000+0000'],
    ['UTC by its letter', '2026-02-01T20:00:00.000000Z0000'],
  ])('refuses %s', (_name, text) => {
    expect(parseEveTime(text)).toBeUndefined();
  });
});
