/**
 * Conditions of a status. Invariant: lastTransitionTime changes only when the status does, so writing the
 * same judgement twice writes the same bytes.
 */
import type { Condition } from '#crds/kubernetes-types.ts';

export interface Judgement {
  readonly type: string;
  readonly status: Condition['status'];
  /** One word for programs. */
  readonly reason: string;
  /** A sentence for people. */
  readonly message: string;
}

export interface JudgedAt {
  readonly generation: number | undefined;
  readonly now: Date;
}

export function conditionsOf(
  judgements: readonly Judgement[],
  before: readonly Condition[] | undefined,
  { generation, now }: JudgedAt,
): Condition[] {
  return judgements.map((judgement) => {
    const old = before?.find(({ type }) => type === judgement.type);
    const same = old !== undefined && old.status === judgement.status;
    // Kubernetes' times have whole seconds.
    const time = `${now.toISOString().slice(0, 19)}Z`;
    return {
      ...judgement,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastTransitionTime: same ? old.lastTransitionTime : time,
    };
  });
}

export function judgement(
  type: string,
  status: Condition['status'],
  reason: string,
  message: string,
): Judgement {
  return { type, status, reason, message };
}
