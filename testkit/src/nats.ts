// A real nats-server with JetStream for a test. Invariants: it listens on 127.0.0.1 only; kill and
// restart keep its port and its data; stop removes both.

import {
  type NatsServer,
  type NatsServerOptions,
  startNatsServer,
} from '#cli/processes/nats-server.ts';
import { freePort } from '#cli/processes/readiness.ts';
import { temporaryDirectory } from './temporary.ts';

export interface TestNatsOptions {
  /** More configuration in nats-server's own syntax. */
  readonly config?: string;
  readonly credentials?: NonNullable<NatsServerOptions['credentials']>;
}

export interface TestNats extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** JetStream's and the configuration's directory. */
  readonly dataDir: string;
  /** What the server printed since its first start (the newest 1,000 lines). */
  readonly lines: readonly string[];
  pid(): number;
  /** SIGKILL: everything unwritten is lost, as in a crash. The data stays. */
  kill(): Promise<void>;
  /** Orderly end; the data stays, start() continues on it. */
  pause(): Promise<void>;
  /** Starts it again on the same port and data, after kill() or pause(). */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const kKeptLines = 1_000;

export async function startTestNats(options: TestNatsOptions = {}): Promise<TestNats> {
  const directory = temporaryDirectory('netmoth-nats');
  const port = await freePort();
  const lines: string[] = [];
  const launch = async (): Promise<NatsServer> => {
    const started = await startNatsServer({
      ...options,
      dataDir: directory.path,
      port,
      onLine: (line) => {
        lines.push(line);
        if (lines.length > kKeptLines) lines.shift();
      },
    });
    try {
      await started.ready();
    } catch (error) {
      await started.kill();
      throw error;
    }
    return started;
  };
  let server = await launch().catch((error: unknown) => {
    directory.remove();
    throw error;
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    directory.remove();
  };
  return {
    url: server.url,
    port,
    dataDir: directory.path,
    lines,
    pid: () => server.pid,
    kill: async () => void (await server.kill()),
    pause: async () => void (await server.stop()),
    start: async () => {
      if (server.running) throw new Error('the test nats-server is already running');
      server = await launch();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
