/** ICMP errors that quote a flow's packet: rules see them, and they are no packet of the conversation. */
import { describe, expect, test } from 'vitest';
import { alertsOf } from '../testing/alerts-of.ts';
import { capture, ethernet, icmp, ipv4, udp } from '../testing/frames.ts';

const CLIENT = [10, 0, 0, 1];
const SERVER = [10, 0, 0, 2];
const ROUTER = [10, 0, 0, 9];
const IPV4 = 0x0800;

const asked = ipv4({ protocol: 17, payload: udp(4_000, 9, 'is anybody there?') });
const answered = ipv4({
  protocol: 17,
  ...{ source: SERVER, destination: CLIENT },
  payload: udp(9, 4_000, 'yes'),
});
/** Port unreachable (RFC 792) about what was asked. */
const error = (source: readonly number[]) =>
  ipv4({
    protocol: 1,
    ...{ source, destination: CLIENT },
    payload: icmp(3, 3, `\0\0\0\0${asked.toString('latin1')}`),
  });
const frames = (...packets: readonly Buffer[]) =>
  capture(...packets.map((packet) => ethernet(IPV4, packet)));

describe.each([1, 2])('with %i workers', (workers) => {
  test('an error is looked at with its own ends, and has the flow of what it quotes', async () => {
    const rules = [
      'alert icmp any any -> any any (msg:"type"; itype:3; icode:3; sid:1;)',
      'alert icmp any any -> any any (msg:"quote"; flow:to_client; content:"anybody"; sid:2;)',
      'alert icmp 10.0.0.2 any -> any any (msg:"not the router"; itype:3; sid:3;)',
    ].join('\n');
    const { ids, events } = await alertsOf(rules, frames(asked, error(ROUTER)), {}, { workers });
    expect(ids.toSorted()).toEqual([1, 2]);
    const ends = { src_ip: '10.0.0.9', dest_ip: '10.0.0.1', proto: 'ICMP', icmp_type: 3 };
    for (const event of events) expect(event).toMatchObject(ends);
    const quoted = await alertsOf(
      'alert udp any any -> any any (msg:"asked"; content:"anybody"; sid:4;)',
      frames(asked, error(ROUTER)),
    );
    expect(quoted.events.map((event) => event['flow_id'])).toEqual([events[0]?.['flow_id']]);
  });

  test.each([ROUTER, SERVER])(
    'the server of whom rules tell is told of after an error of %s',
    async (...from) => {
      const rule = 'alert ip 10.0.0.2 any -> any any (msg:"listed"; sid:1;)';
      const { events } = await alertsOf(
        rule,
        frames(asked, error(from), answered, answered),
        {},
        { workers },
      );
      const protocols = from[3] === SERVER[3] ? ['ICMP', 'UDP'] : ['UDP'];
      expect(events.map((event) => event['proto'])).toEqual(protocols);
    },
  );
});
