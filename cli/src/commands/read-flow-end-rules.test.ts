/** What rules find when flows end. */
import { expect, test } from 'vitest';
import { alertsOf } from '../testing/alerts-of.ts';
import { openConversations } from '../testing/packets.ts';

test('flows that end together have a limit of alerts each', async () => {
  const rules = 'alert tcp-stream any any -> any any (flow:to_server; content:"one"; sid:1;)';
  const ports = Array.from({ length: 20 }, (_, at) => 40_000 + at);
  const capture = openConversations(9, ports, [{ from: 'client', text: 'one' }]);
  expect((await alertsOf(rules, capture)).ids).toHaveLength(ports.length);
});
