/**
 * Bundles of signatures on their way to sensors: how they are named, where they lie, what is wanted of a
 * node and what it has loaded.
 *
 * Invariant: a bundle's name is the sha256 of its content (docs/bundle.md), so an object is never changed,
 * only added or removed. A signature behind the content does not change the name.
 */
import { z } from 'zod';
import { BUNDLE_ERROR_CODES, BUNDLE_FAULT_REASONS } from './bundle-faults.ts';

export const OBJECT_STORE_SIGNATURES = 'netmoth-signatures';
/** Begins the names of what an operator keeps in the store: where there is such, others remove nothing. */
export const OPERATOR_OBJECT_PREFIX = 'pack.';
/** Larger bundles are neither published nor fetched. */
export const MAX_BUNDLE_BYTES = 512 * 1024 * 1024;

/** Names a bundle everywhere: object, desired and reported state, status of Kubernetes objects. */
export const bundleDigestSchema = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 hexadecimal digits');

export function bundleDigestOf(sha256: Uint8Array | string): string {
  return `sha256:${typeof sha256 === 'string' ? sha256 : Buffer.from(sha256).toString('hex')}`;
}

/** Which set a node should match with; without it none, or the one of its own configuration. */
export const desiredSignaturesSchema = z.object({
  digest: bundleDigestSchema,
  revision: z.string().max(80).optional().describe('What people call this bundle'),
});
export type DesiredSignatures = z.infer<typeof desiredSignaturesSchema>;

/** `failed`: the wanted bundle could not be taken, and the one before goes on matching. */
export const SIGNATURE_STATES = ['none', 'loading', 'active', 'failed'] as const;
export type SignatureState = (typeof SIGNATURE_STATES)[number];

const count = z.int().min(0);

export const signatureFailureSchema = z.object({
  digest: z.string().optional().describe('Of the bundle that was not taken'),
  code: z.enum(BUNDLE_ERROR_CODES),
  reason: z.enum(BUNDLE_FAULT_REASONS),
  message: z.string(),
  since: z.iso.datetime(),
});
export type SignatureFailure = z.infer<typeof signatureFailureSchema>;

/** What the ENGINE matches with, never what lies on disk. */
export const reportedSignaturesSchema = z.object({
  state: z.enum(SIGNATURE_STATES).default('active'),
  digest: z.string().optional().describe('Of the set in use; absent while there is none'),
  revision: z.string().optional().describe('Of the set in use, as it was wanted'),
  wanted: z.string().optional().describe('Digest of what should be in use, where it is another'),
  rulesLoaded: count.optional(),
  rulesFailed: count.optional().describe('Rules of the bundle that this engine cannot match'),
  indicators: count.optional().describe('Entries of lists'),
  memoryBytes: count.optional().describe('What the set takes, beside its mapped file'),
  loadMs: z.number().min(0).optional().describe('From the file to all workers matching with it'),
  loadedAt: z.iso.datetime().optional(),
  swaps: count.optional().describe('Sets loaded since the start'),
  failures: count.optional().describe('Bundles refused since the start'),
  failure: signatureFailureSchema.optional().describe('Why `wanted` is not in use'),
});
export type ReportedSignatures = z.infer<typeof reportedSignaturesSchema>;

/** What is used of an object store (@nats-io/obj). */
export interface BundleStore {
  info(name: string): Promise<{
    readonly deleted: boolean;
    readonly size: number;
    readonly description?: string | undefined;
  } | null>;
  putBlob(
    meta: { name: string; description?: string },
    data: Uint8Array,
    options?: { timeout?: number },
  ): Promise<unknown>;
}

/** Options of the bucket, for whoever makes it where it is missing (operator or manager). */
export function signatureStoreOptions({ replicas }: { readonly replicas: number }) {
  return {
    description: 'Netmoth: compiled signatures by digest',
    storage: 'file' as const,
    replicas,
  };
}

const kPutTimeoutMs = 60_000;

/** Puts a bundle where sensors fetch it; false where it lies there already (and is described as it would be). */
export async function publishBundle(
  store: BundleStore,
  digest: string,
  bundle: Uint8Array,
  description?: string,
): Promise<boolean> {
  const name = bundleDigestSchema.parse(digest);
  if (bundle.length > MAX_BUNDLE_BYTES) {
    throw new RangeError(`a bundle of ${bundle.length} bytes is larger than ${MAX_BUNDLE_BYTES}`);
  }
  const there = await store.info(name);
  // Another length: the same content with a signature that was not there before, or without one.
  const same =
    there?.size === bundle.length && (description ?? there.description) === there.description;
  if (there !== null && !there.deleted && same) return false;
  const meta = { name, ...(description === undefined ? {} : { description }) };
  await store.putBlob(meta, bundle, { timeout: kPutTimeoutMs });
  return true;
}
