/**
 * Looks at what the engine captures on: the condition, and a line in the log for each change.
 *
 * Invariant: judgeCapture is pure; an interface that is away does not end the sensor, it is said.
 */
import type { Logger } from 'pino';
import type { CaptureStatus, EngineStats, InterfaceChange, LiveEngine } from '#contracts/native.ts';
import type { Condition } from './health.ts';

/** What the engine leaves undone now. */
export type Undone = Pick<EngineStats, 'overloadLevel' | 'sampledOneIn'>;

type Judgement = Pick<Condition, 'status' | 'reason' | 'message'>;

/** `wanted`: interfaces as the configuration names them. */
export function judgeCapture(
  capture: CaptureStatus,
  wanted: string,
  undone: Undone = { overloadLevel: 0, sampledOneIn: 1 },
): Judgement {
  const { interfaces, missing, strategy } = capture;
  if (interfaces.length === 0) {
    const message = `There is no interface ${wanted}: capture begins when there is one.`;
    return { status: 'False', reason: 'NoInterface', message };
  }
  const faults = interfaces.filter(({ fault }) => fault !== '');
  const whole = interfaces.filter(({ up, fault }) => up && fault === '');
  const reasons = [
    ...missing.map((name) => `there is no ${name}`),
    ...interfaces.filter(({ up }) => !up).map(({ name }) => `${name} is down`),
    ...faults.map(({ name, fault }) => `${name}: ${fault}`),
  ];
  const names = (some: CaptureStatus['interfaces']) => some.map(({ name }) => name).join(', ');
  if (whole.length === 0) {
    const reason = faults.length > 0 ? 'CaptureFailed' : 'InterfaceDown';
    const message = `${names(interfaces)}: nothing arrives (${reasons.join('; ')}).`;
    return { status: 'False', reason, message };
  }
  const instead = capture.reasons.length === 0 ? '' : ` (not ${capture.reasons.join('; not ')})`;
  const modes = [...new Set(whole.map(({ mode }) => mode).filter((mode) => mode !== ''))];
  const how = modes.length === 0 ? '' : ` (${modes.join(', ')})`;
  const unshunted =
    capture.noShunt === '' ? '' : ` No flow stays in the kernel: ${capture.noShunt}.`;
  const read = `Packets are read from ${names(whole)} by ${strategy}${how}${instead}.${unshunted}`;
  if (undone.overloadLevel > 0) {
    const words = `Too much to do: ${undoneWords(undone)}.`;
    return { status: 'True', reason: 'Shedding', message: `${read} ${words}` };
  }
  if (reasons.length === 0) return { status: 'True', reason: 'Capturing', message: read };
  const message = `${read} Missing: ${reasons.join('; ')}.`;
  return { status: 'True', reason: 'CapturingPartly', message };
}

/** By level, each with those before it; the engine's ladder is native/src/pipeline/overload.h. */
const kUndone = [
  '',
  'bulk flows stay in the kernel sooner',
  'encrypted payload is not looked into',
];

export function undoneWords({ overloadLevel, sampledOneIn }: Undone): string {
  return kUndone[overloadLevel] ?? `of new flows one in ${sampledOneIn} is looked at`;
}

const kWords: Readonly<Record<InterfaceChange['change'], string>> = {
  added: 'Interface appeared',
  removed: 'Interface is gone',
  renamed: 'Interface was renamed',
  up: 'Interface is up',
  down: 'Interface is down',
  mtu: 'Interface has another MTU',
  over_bound: 'Too many interfaces: this one is not captured on',
};

/** One line a change. */
export function logChanges(log: Logger, engine: Pick<LiveEngine, 'takeInterfaceChanges'>): void {
  for (const { change, name, detail } of engine.takeInterfaceChanges()) {
    const level = change === 'added' || change === 'up' ? 'info' : 'warn';
    log[level]({ interface: name, ...(detail === '' ? {} : { detail }) }, kWords[change]);
  }
}

/** One line when it begins, when it goes on with more or less, and when it is over. */
export class UndoneLog {
  readonly #log: Logger;
  #before = '';

  constructor(log: Logger) {
    this.#log = log;
  }

  look(undone: Undone): void {
    const now = undoneWords(undone);
    if (now === this.#before) return;
    this.#before = now;
    const { overloadLevel, sampledOneIn } = undone;
    if (now === '') this.#log.info('Overload is over: everything is looked at again');
    else this.#log.warn({ overloadLevel, sampledOneIn, undone: now }, 'Too much to do');
  }
}

/** Said once, when capture has begun: which strategy it is, and why not those before it. */
export function logStrategy(log: Logger, capture: CaptureStatus): void {
  const { strategy, reasons, missing, shunts, noShunt } = capture;
  const interfaces = capture.interfaces.map(({ name }) => name);
  const words = { strategy, notTaken: reasons, interfaces, missing, shunts };
  log.info(noShunt === '' ? words : { ...words, noShunt }, 'Capture began');
}
