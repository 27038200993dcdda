/**
 * Finds the lines of a batch that the store refuses though they look right, by storing halves for trial.
 *
 * Invariants: trials are rolled back; at most kMaxBad lines are told, and where a whole batch is refused
 * it is the store or we that are at fault, not the lines: that is an error, and nothing is lost for it.
 */
import { NetmothError } from '#contracts/errors.ts';
import type { StorePool } from '#manager/store/pool.ts';
import type { DecodedBatch } from './decode-batch.ts';
import type { GroupEncoder, Rejection } from './group-encoder.ts';
import { isDataFault } from './store-faults.ts';
import { tryGroup } from './store-group.ts';

const kMaxBad = 100;
const kSampleChars = 2048;

export async function badLines(
  pool: StorePool,
  batch: DecodedBatch,
  newEncoder: () => GroupEncoder,
): Promise<ReadonlyMap<number, Rejection>> {
  const lines = batch.text.split('\n');
  const bad = new Map<number, Rejection>();
  let good = 0;

  const search = async (from: number, to: number): Promise<void> => {
    const encoder = newEncoder();
    await encoder.add(batch, (line) => line >= from && line < to);
    const fault = await faultOfTrial(pool, encoder);
    if (fault === undefined) {
      good += to - from;
      return;
    }
    if (to - from > 1) {
      const middle = (from + to) >> 1;
      await search(from, middle);
      await search(middle, to);
      return;
    }
    if (bad.size >= kMaxBad) throw hopeless(batch, fault);
    bad.set(from, {
      subject: batch.subject,
      msgId: batch.msgId,
      line: from,
      reason: `store: ${fault.message}`,
      sample: Buffer.from((lines[from] ?? '').slice(0, kSampleChars)),
    });
  };

  await search(0, lines.length);
  const first = bad.values().next().value;
  if (good === 0 && first !== undefined && lines.length > 2) {
    throw hopeless(batch, new Error(first.reason));
  }
  return bad;
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

function hopeless(batch: DecodedBatch, cause: Error): NetmothError {
  const message = `the store refuses too much of batch ${batch.msgId}: ${cause.message}`;
  return new NetmothError('NM_INTERNAL', message, { cause });
}
