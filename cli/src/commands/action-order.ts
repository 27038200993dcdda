/**
 * Suricata's setting `action-order`: which actions' rules come first. It is the compiler's, not the engine's.
 *
 * Invariant: all four actions stand in it, each once; anything else is refused.
 */
import { NetmothError } from '#contracts/errors.ts';
import { ACTIONS, type ActionOrder } from '#signatures/compile/order.ts';

export interface SplitSettings {
  readonly actionOrder?: ActionOrder;
  /** All others, as they were given. */
  readonly engineSettings: readonly string[];
}

/** `action-order.0=alert` … `action-order.3=reject` among `--set` pairs. */
export function splitActionOrder(pairs: readonly string[]): SplitSettings {
  const named = new Map<number, string>();
  const engineSettings = pairs.filter((pair) => {
    const [, place, action = ''] = /^action-order\.(\d)=(.*)$/.exec(pair) ?? [];
    if (place !== undefined) named.set(Number(place), action.trim());
    return place === undefined;
  });
  if (named.size === 0) return { engineSettings };
  const actionOrder = [0, 1, 2, 3]
    .map((place) => ACTIONS.find((action) => action === named.get(place)))
    .filter((action) => action !== undefined);
  if (new Set(actionOrder).size !== ACTIONS.length || named.size !== ACTIONS.length) {
    const wanted = ACTIONS.join(', ');
    throw new NetmothError('NM_USAGE', `action-order.0 to .3 must be ${wanted}, each once`);
  }
  return { actionOrder, engineSettings };
}
