/**
 * What the sensor of one node may do in NATS: speak for that node, and read what concerns it.
 *
 * Invariants: pure; every subject that carries something of a node names this sensor and this node; answers
 * come to an inbox of its own, so no other sensor reads along. No consumer can be made: a push consumer delivers
 * to whatever subject its maker names, and NATS does not ask whether that one may publish there. Bundles are
 * named by digest and may be read by every sensor. Source: NATS JetStream wire API (ADR-1), KV (ADR-8), object
 * store (ADR-20), direct get (ADR-31).
 */
import {
  BUCKET_DESIRED,
  BUCKET_REPORTED,
  EVENTS_STREAM,
  EVENTS_SUBJECT_PREFIX,
  nodeKey,
  sensorInbox,
} from '#contracts/nats.ts';
import { OBJECT_STORE_SIGNATURES } from '#contracts/signature-store.ts';

export interface Permissions {
  readonly pub: { readonly allow: readonly string[] };
  readonly sub: { readonly allow: readonly string[] };
}

export function sensorPermissions(sensor: string, node: string): Permissions {
  const key = nodeKey(sensor, node);
  const wish = `$KV.${BUCKET_DESIRED}.${key}`;
  const objects = `OBJ_${OBJECT_STORE_SIGNATURES}`;
  const inStore = `$O.${OBJECT_STORE_SIGNATURES}`;
  const streams = [EVENTS_STREAM, `KV_${BUCKET_REPORTED}`, `KV_${BUCKET_DESIRED}`];
  return {
    pub: {
      allow: [
        `${EVENTS_SUBJECT_PREFIX}.${key}.>`,
        `$KV.${BUCKET_REPORTED}.${key}`,
        '$JS.API.INFO',
        ...streams.map((stream) => `$JS.API.STREAM.INFO.${stream}`),
        // The last message of that subject and no other.
        `$JS.API.DIRECT.GET.KV_${BUCKET_DESIRED}.${wish}`,
        `$JS.API.DIRECT.GET.${objects}.${inStore}.M.>`,
        // Pieces of a bundle, by their place in the store.
        `$JS.API.DIRECT.GET.${objects}`,
      ],
    },
    sub: { allow: [`${sensorInbox(sensor, node)}.>`, wish] },
  };
}
