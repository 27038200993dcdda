/**
 * Whose an address was at a time, in a Kubernetes cluster: what the operator keeps in netmoth-identity.
 *
 * Invariants: an event is given the holder of its own time, not of the time it is stored; who is not known is left
 * out, never guessed. At most kMaxAddresses; those beyond are dropped and counted.
 */
import type { Holder } from '#contracts/identity.ts';
import type { Instant } from '#manager/store/binary-rows.ts';
import { parseIp } from './ip-address.ts';

const kMaxAddresses = 500_000;
/** Clocks of nodes and of the API server differ by as much: before its first holder an address is that one's. */
const kSkewMs = 60_000;

export interface KubernetesEnd {
  readonly namespace?: string | undefined;
  readonly pod?: string | undefined;
  readonly service?: string | undefined;
  readonly workload?: string | undefined;
  readonly node?: string | undefined;
  /** The node's own address: which process it was is not known. */
  readonly host_network?: true | undefined;
}

export interface KubernetesEnds {
  readonly src?: KubernetesEnd;
  readonly dest?: KubernetesEnd;
}

interface Term {
  readonly fromMs: number;
  readonly toMs: number;
  readonly end: KubernetesEnd;
}

export class IdentityBook {
  #terms = new Map<string, readonly Term[]>();
  /** What was known when everything began to be told anew, and was not told again yet. */
  #before = new Map<string, readonly Term[]>();
  dropped = 0;

  get size(): number {
    return this.#terms.size + this.#before.size;
  }

  /** Everything is told anew from here on; until then what was known goes on to count. */
  beginAnew(): void {
    for (const [key, terms] of this.#terms) this.#before.set(key, terms);
    this.#terms = new Map();
  }

  /** All was told: what was not among it is gone. */
  toldAll(): void {
    this.#before = new Map();
  }

  set(address: string, holders: readonly Holder[]): void {
    const key = keyOf(address);
    if (key === undefined) return;
    this.#before.delete(key);
    if (this.#terms.size >= kMaxAddresses && !this.#terms.has(key)) {
      this.dropped += 1;
      return;
    }
    this.#terms.set(
      key,
      holders.map((holder) => ({
        fromMs: Date.parse(holder.from),
        toMs: holder.to === undefined ? Number.POSITIVE_INFINITY : Date.parse(holder.to),
        end: endOf(holder),
      })),
    );
  }

  forget(address: string): void {
    const key = keyOf(address);
    if (key === undefined) return;
    this.#terms.delete(key);
    this.#before.delete(key);
  }

  /** Keys as of Address; undefined where neither end is known. */
  ends(src: string | undefined, dest: string | undefined, at: Instant): KubernetesEnds | undefined {
    if (this.size === 0) return undefined;
    const atMs = at.seconds * 1_000 + at.micros / 1_000;
    const from = this.#end(src, atMs);
    const to = this.#end(dest, atMs);
    if (from === undefined && to === undefined) return undefined;
    return {
      ...(from === undefined ? {} : { src: from }),
      ...(to === undefined ? {} : { dest: to }),
    };
  }

  #end(key: string | undefined, atMs: number): KubernetesEnd | undefined {
    if (key === undefined) return undefined;
    const terms = this.#terms.get(key) ?? this.#before.get(key);
    if (terms === undefined) return undefined;
    const found = terms.findLast(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
    if (found !== undefined) return found.end;
    const [first] = terms;
    return first !== undefined && atMs < first.fromMs && atMs >= first.fromMs - kSkewMs
      ? first.end
      : undefined;
  }
}

/** As the key of an Address. */
function keyOf(text: string): string | undefined {
  const bytes = parseIp(text);
  if (bytes === undefined) return undefined;
  return `${bytes.length === 4 ? '4' : '6'}${Buffer.from(bytes).toString('latin1')}`;
}

function endOf({ kind, namespace, name, workload, node }: Holder): KubernetesEnd {
  switch (kind) {
    case 'pod':
      return { namespace, pod: name, workload, node };
    case 'service':
      return { namespace, service: name };
    case 'node':
      return { node: name, host_network: true };
  }
  return kind satisfies never;
}
