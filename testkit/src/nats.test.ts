import { existsSync } from 'node:fs';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { startTestNats } from './nats.ts';

describe('startTestNats', () => {
  it('keeps acknowledged messages through kill -9 on the same port, and cleans up', async () => {
    const nats = await startTestNats();
    const before = await connect({ servers: nats.url });
    const manager = await jetstreamManager(before);
    await manager.streams.add({ name: 'T', subjects: ['t.>'] });
    await jetstream(before).publish('t.one', 'kept');
    await before.close();

    await nats.kill();
    await expect(connect({ servers: nats.url, reconnect: false, timeout: 500 })).rejects.toThrow();
    await nats.start();

    const after = await connect({ servers: nats.url });
    const info = await (await jetstreamManager(after)).streams.info('T');
    expect(info.state.messages).toBe(1);
    await after.close();

    await nats.stop();
    expect(existsSync(nats.dataDir)).toBe(false);
  });

  it('takes configuration: a wrong password is refused, the right one works', async () => {
    const credentials = { user: 'moth', pass: 'lamp' };
    await using nats = await startTestNats({
      config: 'authorization { user: moth, password: lamp }',
      credentials,
    });
    const wrong = { servers: nats.url, user: 'moth', pass: 'dark', reconnect: false };
    await expect(connect(wrong)).rejects.toThrow(/authorization/i);
    const connection = await connect({ servers: nats.url, ...credentials });
    expect(connection.info?.jetstream).toBe(true);
    await connection.close();
  });

  it('reports the last words of a server that does not start', async () => {
    await expect(startTestNats({ config: 'no_such_option: {' })).rejects.toMatchObject({
      code: 'NM_CHILD_FAILED',
      lastLines: expect.arrayContaining([expect.stringMatching(/no_such_option|parse/i)]),
    });
  });
});
