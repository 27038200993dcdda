// The queue against a sorted list, with every order of new, taken and given back.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClassQueue } from './class-queue.ts';

test('always hands out the lowest seq, whatever was given back', () => {
  const step = fc.oneof(
    fc.constant('add' as const),
    fc.constant('take' as const),
    fc.constant('giveBack' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), fc.infiniteStream(fc.nat()), (steps, picks) => {
      const queue = new ClassQueue<{ seq: number }>();
      const model: number[] = [];
      const taken: number[] = [];
      let next = 1;
      for (const each of steps) {
        if (each === 'add') {
          queue.insert({ seq: next });
          model.push(next);
          next += 1;
        } else if (each === 'take') {
          const seq = queue.shift()?.seq;
          expect(seq).toBe(model.shift());
          if (seq !== undefined) taken.push(seq);
        } else if (taken.length > 0) {
          const pick: number = picks.next().value % taken.length;
          const [seq] = taken.splice(pick, 1);
          if (seq === undefined) continue;
          queue.insert({ seq });
          model.push(seq);
          model.sort((a, b) => a - b);
        }
        expect(queue.size).toBe(model.length);
        expect(queue.peek()?.seq).toBe(model[0]);
      }
      expect([...queue].map(({ seq }) => seq)).toEqual(model);
    }),
  );
});
