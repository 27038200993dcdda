// Credentials of a sensor in a cluster: it may publish its own events and its own report, nothing else.
import { jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect, test } from 'vitest';
import { EVENTS_STREAM, EVENTS_SUBJECT_ALL } from '#contracts/nats.ts';
import { startTestNats } from '#testkit/nats.ts';
import { temporaryDirectory } from '#testkit/temporary.ts';
import { makeBatch, startPipeline } from '../test/pipeline.ts';
import { until } from '../test/stored.ts';

const kConfig = `
  authorization {
    users = [
      { user: admin, password: admin-secret }
      { user: sensor, password: sensor-secret, permissions: {
          publish: ["netmoth.events.test.node-1.>"], subscribe: ["_INBOX.>"] } }
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
