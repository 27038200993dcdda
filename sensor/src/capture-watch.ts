/**
 * Looks at what the engine captures on: the condition, and a line in the log for each change.
 *
 * Invariant: judgeCapture is pure; an interface that is away does not end the sensor, it is said.
 */
import type { Logger } from 'pino';
import type { CaptureStatus, InterfaceChange, LiveEngine } from '#contracts/native.ts';
import type { Condition } from './health.ts';

type Judgement = Pick<Condition, 'status' | 'reason' | 'message'>;

/** `wanted`: interfaces as the configuration names them. */
export function judgeCapture(capture: CaptureStatus, wanted: string): Judgement {
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
  const read = `Packets are read from ${names(whole)} by ${strategy}${how}${instead}.`;
  if (reasons.length === 0) return { status: 'True', reason: 'Capturing', message: read };
  const message = `${read} Missing: ${reasons.join('; ')}.`;
  return { status: 'True', reason: 'CapturingPartly', message };
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

/** Said once, when capture has begun: which strategy it is, and why not those before it. */
export function logStrategy(log: Logger, capture: CaptureStatus): void {
  const { strategy, reasons, missing } = capture;
  const interfaces = capture.interfaces.map(({ name }) => name);
  log.info({ strategy, notTaken: reasons, interfaces, missing }, 'Capture began');
}
