/**
 * `netmoth up`: the whole system on one machine, as one supervised tree of processes.
 *
 * Invariants: every fault the user can mend is told before anything is started where that is possible;
 * the parts stop in the reverse of their order, and what the bus acknowledged is there at the next start.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { CAPTURE_STRATEGIES } from '#contracts/engine-config.ts';
import { NetmothError } from '#contracts/errors.ts';
import { defaultInterface } from '#native/index.ts';
import { type DataDir, openDataDir } from '../data-dir.ts';
import { freePort } from '../processes/readiness.ts';
import { assertFree, listenOption, urlOf } from './listen-address.ts';
import { PartLog } from './part-log.ts';
import { type Source, upParts } from './parts.ts';
import { StateFile } from './state-file.ts';
import { type PartSpec, Supervisor } from './supervisor.ts';
import { prepareSignatures, type UpSources } from './up-signatures.ts';

export interface UpOptions extends UpSources {
  readonly interface?: string;
  readonly strategy?: string;
  readonly bpf?: string;
  readonly pcap?: string;
  readonly speed: string;
  readonly listen: string;
  readonly geoip?: string;
  readonly dataDir: string;
}

/** Readers of supervisor.json take it for stale when it is much older than this. */
const STATE_INTERVAL_MS = 5_000;
/** A second signal this long after the first ends us without waiting for the parts. */
const IMPATIENT_AFTER_MS = 1_000;
const WEB_ROOT = join(import.meta.dirname, '../../../manager/web/dist');

export async function up(options: UpOptions): Promise<number> {
  const listen = listenOption(options.listen);
  const source = sourceOf(options);
  checkSource(source);
  await assertFree(listen);
  const placeBundle = await prepareSignatures(options, say);
  const dataDir = openDataDir(options.dataDir);
  const logs = new Map<string, PartLog>();
  try {
    const firstPassword = dataDir.firstPassword();
    const parts = upParts({
      ...{ dataDir, listen, source, webRoot: WEB_ROOT },
      ports: { nats: await freePort(), postgres: await freePort(), sensor: await freePort() },
      adminPassword: firstPassword,
      geoip: options.geoip,
      bundle: await placeBundle(dataDir.root),
      log: (part) => {
        const log = logs.get(part) ?? new PartLog(join(dataDir.logs, `${part}.log`));
        logs.set(part, log);
        return (line) => log.write(line);
      },
    });
    say(`netmoth up: state and logs in ${dataDir.root}`);
    return await supervise(parts, { dataDir, url: urlOf(listen), firstPassword });
  } finally {
    await Promise.all([...logs.values()].map((log) => log.close()));
    dataDir.release();
  }
}

interface Run {
  readonly dataDir: DataDir;
  readonly url: string;
  readonly firstPassword: string | undefined;
}

async function supervise(parts: readonly PartSpec[], run: Run): Promise<number> {
  const state = new StateFile(run.dataDir.supervisorState, run.url);
  const supervisor = new Supervisor({ parts, onChange: (health) => state.write(health) });
  const stop = stopSignal();
  let failure: unknown;
  try {
    await Promise.race([
      supervisor.start(({ name, message }) => say(`  ${name.padEnd(10)}${message}`)),
      stop.requested,
    ]);
    if (!stop.signal.aborted) {
      announce(run);
      const heartbeat = setInterval(() => state.write(supervisor.health()), STATE_INTERVAL_MS);
      await stop.requested;
      clearInterval(heartbeat);
    }
  } catch (error) {
    failure = error;
  }
  if (failure === undefined) say('netmoth up: stopping');
  await supervisor.stop((name) => {
    if (failure === undefined) say(`  ${name.padEnd(10)}stopped`);
  });
  state.remove();
  stop.forget();
  if (failure !== undefined) throw failure;
  return 0;
}

function announce({ url, firstPassword, dataDir }: Run): void {
  say(`\nDashboard  ${url}/`);
  if (firstPassword !== undefined) {
    say(`Log in as  admin, password ${firstPassword}  (shown this once; change it under Settings)`);
    dataDir.firstPasswordTold();
  }
  say('Ctrl-C stops everything; the data stays.');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function sourceOf(options: UpOptions): Source {
  const { pcap, bpf, strategy = 'auto' } = options;
  if (pcap !== undefined && (options.interface !== undefined || bpf !== undefined)) {
    throw new NetmothError(
      'NM_USAGE',
      '--pcap replays a file: it cannot stand beside --interface or --bpf',
    );
  }
  if (!CAPTURE_STRATEGIES.some((name) => name === strategy)) {
    const names = CAPTURE_STRATEGIES.join(', ');
    throw new NetmothError('NM_USAGE', `--strategy ${strategy}: expected one of ${names}`);
  }
  const speed = options.speed === 'max' ? 'max' : Number(options.speed);
  if (speed !== 'max' && !(speed > 0 && speed <= 1000)) {
    throw new NetmothError(
      'NM_USAGE',
      `--speed ${options.speed}: expected a number up to 1000, or max`,
    );
  }
  const watched = pcap === undefined ? (options.interface ?? defaultInterface()) : undefined;
  return { interface: watched, strategy, bpf, pcap, speed };
}

/** A file that is not there is told before two databases are up; the rest the sensor itself finds. */
function checkSource(source: Source): void {
  if (source.pcap === undefined) return;
  try {
    accessSync(source.pcap, constants.R_OK);
  } catch (cause) {
    const why = existsSync(source.pcap) ? 'it cannot be read' : 'there is no such file';
    throw new NetmothError('NM_CAPTURE_FILE_UNREADABLE', `${source.pcap}: ${why}`, { cause });
  }
}

function stopSignal() {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  let askedAt = 0;
  const ask = () => {
    // One Ctrl-C under `npm start` arrives twice at once; a later one is impatience: the children end
    // with us, by their death signal.
    if (controller.signal.aborted && Date.now() - askedAt > IMPATIENT_AFTER_MS) process.exit(130);
    if (controller.signal.aborted) return;
    askedAt = Date.now();
    controller.abort();
    resolve();
  };
  process.on('SIGINT', ask);
  process.on('SIGTERM', ask);
  return {
    requested: promise,
    signal: controller.signal,
    forget: () => {
      process.removeListener('SIGINT', ask);
      process.removeListener('SIGTERM', ask);
    },
  };
}
