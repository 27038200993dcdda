/**
 * What the sensor of one node may do in NATS: speak for that node, and read what concerns it.
 *
 * Invariants: pure; every subject that carries something of a node names this sensor and this node; answers
 * come to an inbox of its own, so no other sensor reads along. Bundles are named by digest and may be read
 * by every sensor. Source: NATS JetStream wire API (ADR-1), ordered consumers (ADR-17), KV (ADR-8), object
 * store (ADR-20).
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
  const streams = [EVENTS_STREAM, `KV_${BUCKET_REPORTED}`, `KV_${BUCKET_DESIRED}`, objects];
  return {
    pub: {
      allow: [
        `${EVENTS_SUBJECT_PREFIX}.${key}.>`,
        `$KV.${BUCKET_REPORTED}.${key}`,
        '$JS.API.INFO',
        ...streams.map((stream) => `$JS.API.STREAM.INFO.${stream}`),
        // The server refuses a consumer whose filter is not the one its subject ends with.
        `$JS.API.CONSUMER.CREATE.KV_${BUCKET_DESIRED}.*.${wish}`,
        `$JS.API.DIRECT.GET.KV_${BUCKET_DESIRED}.${wish}`,
        `$JS.API.CONSUMER.CREATE.${objects}.*.${inStore}.C.>`,
        `$JS.API.CONSUMER.CREATE.${objects}.*.${inStore}.M.>`,
        `$JS.API.DIRECT.GET.${objects}.${inStore}.M.>`,
        `$JS.API.STREAM.MSG.GET.${objects}`,
        // What is larger than a few megabytes comes in turns that the receiver asks for.
        `$JS.FC.${objects}.>`,
      ],
    },
    sub: { allow: [`${sensorInbox(sensor, node)}.>`] },
  };
}
