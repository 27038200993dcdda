// The sensor as users run it: a process of its own. Invariant: stopped or killed by whoever started it,
// at the latest when the test's process ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const kMain = join(import.meta.dirname, '../src/main.ts');

export interface SensorProcess {
  readonly child: ChildProcess;
  /** Parsed lines of the log so far. */
  readonly log: ReadonlyArray<Readonly<Record<string, unknown>>>;
  /** What stood on standard error. */
  stderr(): string;
  /** Address of /metrics, once the log has told it. */
  address(): string | undefined;
  ended(): Promise<number | null>;
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export function startSensor(
  argv: readonly string[],
  /** `through`: a program, and its arguments, that becomes the sensor. */
  options: { readonly uid?: number; readonly through?: readonly string[] } = {},
): SensorProcess {
  const [program = process.execPath, ...before] = [...(options.through ?? []), process.execPath];
  const child = spawn(program, [...before, kMain, '--listen', '127.0.0.1:0', ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  const closed = once(child, 'close');
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const log: Array<Record<string, unknown>> = [];
  let rest = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) log.push(JSON.parse(line));
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  const ended = async () => {
    const [code] = await closed;
    process.removeListener('exit', kill);
    return typeof code === 'number' ? code : null;
  };
  return {
    child,
    log,
    stderr: () => stderr,
    address: () => {
      const started = log.find(({ msg }) => msg === 'Sensor started');
      return typeof started?.['address'] === 'string' ? started['address'] : undefined;
    },
    ended,
    end: async (signal) => {
      child.kill(signal);
      return ended();
    },
  };
}
