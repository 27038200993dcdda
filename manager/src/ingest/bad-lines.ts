/**
 * Finds the lines of a batch that the store refuses though they look right, by storing halves for trial.
 *
 * Invariants: trials are rolled back; at most kMaxBad lines are told. More than that, or a batch that is
 * refused though each half of it is taken, is an outcome of its own: it is not the lines alone.
 */
import type { StorePool } from '#manager/store/pool.ts';
import type { DecodedBatch } from './decode-batch.ts';
import type { GroupEncoder, Rejection } from './group-encoder.ts';
import { isDataFault } from './store-faults.ts';
import { tryGroup } from './store-group.ts';

const kMaxBad = 100;
const kSampleChars = 2048;

export type BadLines =
  | { readonly found: true; readonly lines: ReadonlyMap<number, Rejection> }
  | { readonly found: false; readonly reason: string };

export async function badLines(
  pool: StorePool,
  batch: DecodedBatch,
  newEncoder: () => GroupEncoder,
): Promise<BadLines> {
  const lines = batch.text.split('\n');
  const bad = new Map<number, Rejection>();
  let tooMany = false;

  const search = async (from: number, to: number): Promise<void> => {
    if (tooMany) return;
    const encoder = newEncoder();
    await encoder.add(batch, (line) => line >= from && line < to);
    const fault = await faultOfTrial(pool, encoder);
    if (fault === undefined) return;
    if (to - from > 1) {
      const middle = (from + to) >> 1;
      await search(from, middle);
      await search(middle, to);
      return;
    }
    if (bad.size >= kMaxBad) {
      tooMany = true;
      return;
    }
    bad.set(from, {
      subject: batch.subject,
      msgId: batch.msgId,
      line: from,
      reason: `store: ${fault.message}`,
      sample: Buffer.from((lines[from] ?? '').slice(0, kSampleChars)),
    });
  };

  await search(0, lines.length);
  if (tooMany) {
    const [first] = bad.values();
    return { found: false, reason: `more than ${kMaxBad} lines refused, ${first?.reason}` };
  }
  if (bad.size === 0) return { found: false, reason: 'refused as a whole, though not in parts' };
  return { found: true, lines: bad };
}

async function faultOfTrial(pool: StorePool, encoder: GroupEncoder): Promise<Error | undefined> {
  try {
    await tryGroup(pool, encoder.finish());
    return undefined;
  } catch (error) {
    if (error instanceof Error && isDataFault(error)) return error;
    throw error;
  }
}
