// Puts the parts of /api/v1/signatures together. Invariant: what is started here ends with the server.
import type { NatsConnection } from '@nats-io/transport-node';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { Activations } from '../../signatures/activation.ts';
import { Compiler } from '../../signatures/compiler.ts';
import { SignatureRollout } from '../../signatures/rollout.ts';
import { SignatureSets } from '../../signatures/signature-sets.ts';
import type { StorePool } from '../../store/pool.ts';
import type { Clock } from '../api-deps.ts';
import type { SensorReports } from '../sensor-reports.ts';
import { installSetRoutes } from './set-routes.ts';
import { installSignatureRoutes } from './signature-routes.ts';

export interface SignaturesOptions {
  readonly pool: StorePool;
  readonly clock: Clock;
  readonly nats: NatsConnection | null;
  readonly sensors: SensorReports | undefined;
  readonly logger: Logger;
  readonly owned: boolean;
  readonly geoipFile: string | undefined;
  /** Of what is made on the bus. */
  readonly replicas: number;
}

export async function installSignatures(
  app: FastifyInstance,
  { pool, clock, nats, sensors, logger, owned, replicas, geoipFile }: SignaturesOptions,
): Promise<void> {
  const sets = new SignatureSets(pool, new Compiler({ geoipFile }));
  const activations = new Activations(pool);
  const rollout =
    owned && nats !== null
      ? new SignatureRollout({
          ...{ nats, activations, logger, replicas },
          sensors: () => sensors?.rows() ?? [],
        })
      : undefined;
  await installSetRoutes(app, { sets, activations, owned, onActivation: () => rollout?.wake() });
  installSignatureRoutes(app, { pool, clock, sets, activations, sensors, owned });
  app.addHook('onReady', async () => rollout?.start());
  app.addHook('onClose', async () => rollout?.stop());
}
