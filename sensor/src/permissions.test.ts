// Credentials of a sensor in a cluster: it may publish its own events and its own report, nothing else.
import { randomBytes } from 'node:crypto';
import { jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect, test } from 'vitest';
import { EVENTS_STREAM, EVENTS_SUBJECT_ALL } from '#contracts/nats.ts';
import { startTestNats } from '#testkit/nats.ts';
import { temporaryDirectory } from '#testkit/temporary.ts';
import { bundleOf, publish } from '../test/bundles.ts';
import { makeBatch, startPipeline } from '../test/pipeline.ts';
import { until } from '../test/stored.ts';
import { fetchBundle } from './bundle-fetch.ts';

const kConfig = `
  authorization {
    users = [
      { user: admin, password: admin-secret }
      { user: sensor, password: sensor-secret, permissions: {
          publish: ["netmoth.events.test.node-1.>"], subscribe: ["_INBOX.>"] } }
    ]
  }`;
/** Of a bundle's way, what the operator lets a sensor do (operator/src/callout/sensor-permissions.ts). */
const kFetchConfig = `
  authorization {
    users = [
      { user: admin, password: admin-secret }
      { user: sensor, password: sensor-secret, permissions: {
          publish: [
            "$JS.API.DIRECT.GET.OBJ_netmoth-signatures.$O.netmoth-signatures.M.>"
            "$JS.API.DIRECT.GET.OBJ_netmoth-signatures"
          ], subscribe: ["_INBOX.>"] } }
    ]
  }`;

const admin = { user: 'admin', pass: 'admin-secret' };

test('publishes with permission for its own subjects only; a wrong password is named', async () => {
  await using nats = await startTestNats({ config: kConfig, credentials: admin });
  using directory = temporaryDirectory('netmoth-spool');
  const connection = await connect({ servers: nats.url, ...admin });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({
    ...{ name: EVENTS_STREAM, subjects: [EVENTS_SUBJECT_ALL] },
    ...{ storage: StorageType.File, retention: RetentionPolicy.Limits },
  });

  const wrong = await startPipeline({
    ...{ url: nats.url, directory: directory.path, user: 'sensor', password: 'wrong' },
  });
  wrong.intake.push(makeBatch(0, 10));
  await until('the refusal', () => wrong.bus.state.reason === 'AuthorizationFailed');
  await wrong.stop();

  const right = await startPipeline({
    ...{ url: nats.url, directory: directory.path, user: 'sensor', password: 'sensor-secret' },
  });
  await until('acknowledged', () => right.outbox.state().acknowledgedEvents === 10);
  expect((await manager.streams.info(EVENTS_STREAM)).state.messages).toBe(1);
  await right.stop();
  await connection.close();
});

test('with the permissions of a sensor a bundle is fetched, whole, and none is published', async () => {
  await using nats = await startTestNats({ config: kFetchConfig, credentials: admin });
  const { digest, bytes } = bundleOf(1);
  const large = Buffer.concat([bytes, randomBytes(40_000_000)]); // more than is sent without asking
  await publish(nats.url, { digest, bytes: large }, admin);
  const sensor = { user: 'sensor', pass: 'sensor-secret' };
  const connection = await connect({ servers: nats.url, ...sensor });
  const parts: Uint8Array[] = [];
  for await (const part of fetchBundle(connection, digest, large.length)) parts.push(part);
  expect(Buffer.concat(parts).equals(large)).toBe(true);
  const tooLarge = fetchBundle(connection, digest, large.length - 1).next();
  await expect(tooLarge).rejects.toMatchObject({ reason: 'BUNDLE_TOO_LARGE' });
  await expect(fetchBundle(connection, bundleOf(2).digest, 1).next()).rejects.toMatchObject({
    reason: 'BUNDLE_MISSING',
  });
  await expect(publish(nats.url, bundleOf(2), sensor)).rejects.toThrow();
  await connection.close();
});
