/**
 * Which side's data a rule looks at: what `flow` says, else what its buffers leave.
 *
 * Invariant: at least one side is set.
 */
import { keywordOf } from '../keywords/table.ts';
import type { FlowTest, Inspection } from './rule-model.ts';

export interface Sides {
  readonly flow: FlowTest;
  /** Why the rule can never match. */
  readonly conflict: string | undefined;
}

export function sidesOf(
  flow: FlowTest,
  inspections: readonly Inspection[],
  transaction: boolean,
): Sides {
  if (transaction)
    return { flow: { ...flow, toServer: true, toClient: true }, conflict: undefined };
  const sided = inspections.map(({ buffer, side }) => ({
    buffer,
    side: side === 'any' ? keywordOf(buffer)?.side : side,
  }));
  const server = sided.find(({ side }) => side === 'to_server')?.buffer;
  const client = sided.find(({ side }) => side === 'to_client')?.buffer;
  const unsaid = !flow.toServer && !flow.toClient;
  let conflict: string | undefined;
  if (server !== undefined && client !== undefined) {
    conflict = `"${server}" is of clients and "${client}" of servers: no one message has both`;
  } else if (server !== undefined && flow.toClient && !flow.toServer) {
    conflict = `"${server}" is of clients, the rule's flow is to_client`;
  } else if (client !== undefined && flow.toServer && !flow.toClient) {
    conflict = `"${client}" is of servers, the rule's flow is to_server`;
  }
  const resolved = {
    toServer: unsaid ? client === undefined || server !== undefined : flow.toServer,
    toClient: unsaid ? server === undefined || client !== undefined : flow.toClient,
  };
  return { flow: { ...flow, ...resolved }, conflict };
}
