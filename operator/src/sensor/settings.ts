/** What all sensors of this installation have in common. Invariant: comes from configuration and Secrets alone. */
import type { TrustedKey } from '../signatures/signing-key.ts';

export interface SensorSettings {
  /** Where the sensors' objects live: the operator's own namespace. */
  readonly namespace: string;
  /** For sensors that name no image. */
  readonly image: string;
  readonly natsServers: readonly string[];
  /** Secret with the keys `user` and `password`; undefined: NATS asks for nothing. */
  readonly natsSecret: string | undefined;
  /** Sensors log in with the token of their pod. */
  readonly natsToken?: boolean;
  readonly natsReplicas: number;
  /** By whom bundles of signatures must be signed; none: by nobody. */
  readonly verifyKeys?: readonly TrustedKey[];
}
