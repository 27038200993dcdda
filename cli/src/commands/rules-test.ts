/**
 * `netmoth rules test RULES… PCAP --expect …`: a test that a rule's author keeps beside the rule.
 *
 * Invariant: exit 0 only where every rule was sound and the alerts are exactly those expected; 1 with
 * the differences otherwise.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { NetmothError } from '#contracts/errors.ts';
import { type Difference, differences, type EveEvent, expectationOf } from './expectation.ts';
import { type RulesRunOptions, rulesAndCapture, runRules } from './rules-run.ts';

export interface RulesTestOptions extends RulesRunOptions {
  readonly expect: readonly string[];
  readonly json?: boolean;
}

/** Alerts looked at; a capture that raises more is no test of a rule. */
const MAX_ALERTS = 1_000_000;

export async function rulesTest(
  files: readonly string[],
  { expect, json = false, ...options }: RulesTestOptions,
): Promise<number> {
  if (expect.length === 0)
    throw new NetmothError('NM_USAGE', 'say what is expected: --expect none');
  const parsed = expect.map(expectationOf);
  const expected = parsed.filter((one) => one !== undefined);
  if (expected.length < parsed.length && expected.length > 0) {
    throw new NetmothError('NM_USAGE', '--expect none stands alone');
  }
  const wanted = { ...rulesAndCapture(files), ...options, profile: false };
  return await runRules(wanted, async ({ evePath, unsound, summary }) => {
    const alerts = await alertsOf(evePath);
    const found = differences(expected, alerts);
    const passed = found.length === 0 && unsound === 0;
    const told = { passed, alerts: alerts.length, differences: found, unsoundRules: unsound };
    process.stdout.write(
      json
        ? `${JSON.stringify(told)}\n`
        : `${differenceText(found)}${unsoundText(unsound)}${passed ? 'passed' : 'failed'}: ${summary.rulesLoaded} rules, ${summary.packets} packets, ${alerts.length} alerts\n`,
    );
    return passed ? 0 : 1;
  });
}

function differenceText(found: readonly Difference[]): string {
  return found
    .map(({ expected, found: got }) => `  expected  ${expected}\n  got       ${got}\n\n`)
    .join('');
}

function unsoundText(unsound: number): string {
  return unsound === 0 ? '' : `${unsound} faults keep rules from being tested\n`;
}

async function alertsOf(evePath: string): Promise<EveEvent[]> {
  const alerts: EveEvent[] = [];
  for await (const line of createInterface({ input: createReadStream(evePath) })) {
    // Most lines are other events: they are not worth parsing.
    if (!line.includes('"event_type":"alert"')) continue;
    const event: unknown = JSON.parse(line);
    if (!isAlert(event)) continue;
    if (alerts.length === MAX_ALERTS) {
      throw new NetmothError('NM_USAGE', `the capture raises more than ${MAX_ALERTS} alerts`);
    }
    alerts.push(event);
  }
  return alerts;
}

function isAlert(event: unknown): event is EveEvent {
  return (
    typeof event === 'object' &&
    event !== null &&
    'event_type' in event &&
    event.event_type === 'alert'
  );
}
