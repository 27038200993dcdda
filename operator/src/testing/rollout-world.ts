// A cluster for the plan of a roll-out: machines that load, refuse, fall silent, and an operator that looks
// at them once a second.
import { expect } from 'vitest';
import { type SignatureSetSpec, signatureSetSpecSchema } from '#crds/signature-set.ts';
import { withRevision } from '../signatures/plan/history.ts';
import type { NodeFacts, NodeFigures, SetState } from '../signatures/plan/node-facts.ts';
import { placements } from '../signatures/plan/placements.ts';
import { advance } from '../signatures/plan/rollout.ts';
import { inTurn, rankOf } from '../signatures/plan/waves.ts';

export interface Machine {
  readonly key: string;
  readonly rank: string;
  readonly labels: Record<string, string>;
  reporting: boolean;
  assigned: string | undefined;
  loaded: boolean;
  failure: string | undefined;
  away: boolean;
  figures: NodeFigures;
}

const kSet = 'base';

/** A cluster of machines that do what they are told, one pass of the operator at a time. */
export class World {
  readonly machines: Machine[] = [];
  state: SetState = { current: undefined, rollout: undefined, breach: undefined, history: [] };
  spec: SignatureSetSpec;
  latest: string | undefined;
  nowMs = Date.parse('2026-11-20T10:00:00Z');
  /** What a machine does with a revision it was told; true: it loads it. */
  takes: (machine: Machine, revision: string) => boolean = () => true;
  #heldSince: { readonly key: string; readonly ms: number } | undefined;

  constructor(nodes: number, rollout: object = {}, more: object = {}) {
    this.spec = signatureSetSpecSchema.parse({
      ...{ source: { inline: { rules: 'x' } }, rollout, ...more },
    });
    for (let index = 0; index < nodes; index += 1) this.join(`node-${index}`);
  }

  join(name: string, labels: Record<string, string> = {}): Machine {
    const machine: Machine = {
      ...{
        key: `edge.${name}`,
        rank: rankOf(kSet, `edge.${name}`),
        labels,
        reporting: true,
        assigned: undefined,
        loaded: true,
      },
      ...{ failure: undefined, away: false, figures: {} },
    };
    this.machines.push(machine);
    return machine;
  }

  publish(revision: string): void {
    this.latest = revision;
    this.state = withRevision(this.state, {
      ...{ revision, digest: `sha256:${revision}`, createdAt: '2026-11-20T10:00:00Z' },
      ...{ rules: 1, faults: 0, outcome: 'Superseded' },
    });
  }

  facts(): NodeFacts[] {
    const facts = this.machines.map((machine) => ({ ...machine, name: machine.key }));
    return inTurn(facts);
  }

  /** One look of the operator, then the machines obey. */
  pass(elapsedMs = 1_000): void {
    this.nowMs += elapsedMs;
    const { spec, latest } = this;
    this.state = advance(this.state, {
      ...{ spec, latest, nodes: this.facts(), alertsPerMinute: 1 },
      ...{ heldMs: this.#heldMs(), now: new Date(this.nowMs) },
    });
    const told = placements(this.state, spec, this.facts());
    for (const machine of this.machines) {
      const revision = told.get(machine.key);
      if (revision === machine.assigned) continue;
      machine.assigned = revision;
      machine.away = !machine.reporting;
      machine.loaded = false;
      machine.failure = undefined;
    }
  }

  obey(): void {
    for (const machine of this.machines) {
      if (!machine.reporting || machine.loaded) continue;
      machine.loaded = machine.assigned === undefined || this.takes(machine, machine.assigned);
      machine.failure = machine.loaded ? undefined : 'BUNDLE_CORRUPT';
    }
  }

  run(passes: number): void {
    for (let pass = 0; pass < passes; pass += 1) {
      this.pass();
      this.obey();
    }
  }

  /** Until the revision is the current one. */
  runTo(revision: string): void {
    for (let pass = 0; pass < 5_000 && this.state.current !== revision; pass += 1) this.run(1);
    expect(this.state.current).toBe(revision);
  }

  having(revision: string): number {
    return this.machines.filter(({ assigned }) => assigned === revision).length;
  }

  outcome(revision: string): string | undefined {
    return this.state.history.find((each) => each.revision === revision)?.outcome;
  }

  #heldMs(): number {
    const { rollout } = this.state;
    if (rollout?.soakStartedAt === undefined) {
      this.#heldSince = undefined;
      return 0;
    }
    const key = `${rollout.revision} ${rollout.step}`;
    if (this.#heldSince?.key !== key) this.#heldSince = { key, ms: this.nowMs };
    return this.nowMs - this.#heldSince.ms;
  }
}

export const kFast = { canaryNodes: 0, soakSeconds: 0, maxInProgress: '100%' };
