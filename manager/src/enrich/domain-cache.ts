/**
 * Remembers by which name a flow was addressed, from its TLS or HTTP event until its flow event comes.
 *
 * Bound: kFlows flows per generation; the flows named longest ago are forgotten, and their domain is then
 * what the engine's own DNS correlation says, or nothing.
 */
import { TwoGenerations } from '#manager/ingest/two-generations.ts';
import { normalDomain } from './domain-name.ts';

const kFlows = 131_072;

export class DomainCache {
  readonly #names = new TwoGenerations<number, string>(kFlows);

  /** A TLS server name goes before an HTTP host: where a flow has both, the host was inside a proxy's tunnel. */
  learn(flowId: unknown, name: unknown, kind: 'sni' | 'host'): void {
    if (typeof flowId !== 'number' || typeof name !== 'string') return;
    if (kind === 'host' && this.#names.get(flowId) !== undefined) return;
    const domain = normalDomain(kind === 'host' ? withoutPort(name) : name);
    if (domain !== null) this.#names.set(flowId, domain);
  }

  of(flowId: unknown): string | null {
    return typeof flowId === 'number' ? (this.#names.get(flowId) ?? null) : null;
  }
}

/** `example.org:8080` → `example.org`; an IPv6 address keeps its brackets. */
function withoutPort(host: string): string {
  return host.replace(/:\d{1,5}$/, '');
}
