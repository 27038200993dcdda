/**
 * What enriching costs an event: the same flow events encoded for storing, and the part of it that is enriching.
 *
 *     node bench/enrich/main.ts [--events 100000]
 *
 * Flows of 2,000 devices with all that the engine tells of their beginning (sizes, SYN, MACs). Printed: the
 * whole of encoding an event, and enriching alone (kind of traffic, findings of devices), as the median over
 * groups of 1,000 events, in CPU time. Ends with status 1 where enriching takes more than 10 µs an event.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { AddressBook } from '#manager/enrich/address-book.ts';
import { DeviceFindings } from '#manager/enrich/device-findings.ts';
import { DomainCache } from '#manager/enrich/domain-cache.ts';
import { type Network, PRIVATE_NETWORKS, parseNetwork } from '#manager/enrich/ip-address.ts';
import { trafficFacts } from '#manager/enrich/traffic-facts.ts';
import { trafficType } from '#manager/enrich/traffic-type.ts';
import { VendorBook } from '#manager/enrich/vendor-book.ts';
import type { DecodedBatch } from '#manager/ingest/decode-batch.ts';
import { DeviceLearner } from '#manager/ingest/device-learner.ts';
import { DeviceSightings, newDeviceMemory } from '#manager/ingest/device-sightings.ts';
import { EvidenceSightings, newEvidenceMemory } from '#manager/ingest/evidence-sightings.ts';
import { flowFacts } from '#manager/ingest/flow-facts.ts';
import { GroupEncoder, newEnrichMemory } from '#manager/ingest/group-encoder.ts';

type Json = Readonly<Record<string, unknown>>;

const { values } = parseArgs({ options: { events: { type: 'string', default: '100000' } } });
const kGroup = 1_000;
const kDevices = 2_000;
const kFloorUs = 10;
const kApps = ['tls', 'http', 'dns', 'quic', 'ssh', undefined];

const home = PRIVATE_NETWORKS.map(parseNetwork).filter((each): each is Network => !!each);
const addresses = new AddressBook(home);
const vendors = new VendorBook('28-6F-B9   (hex)\t\tNokia Shanghai Bell Co., Ltd.');
const groups: Json[][] = [];
for (let at = 0; at < Number(values.events); at += kGroup) {
  groups.push(Array.from({ length: kGroup }, (_, index) => flowEvent(at + index)));
}

const whole = await encoding();
const enriching = enrichingAlone();
console.log(`encoding    ${whole.toFixed(2)} µs an event, JSON and enriching included`);
console.log(`enriching   ${enriching.toFixed(2)} µs an event of it`);
process.exitCode = enriching <= kFloorUs ? 0 : 1;

/** Median over the groups. */
async function encoding(): Promise<number> {
  const [devices, memory] = [newDeviceMemory(), newEnrichMemory()];
  const times: number[] = [];
  for (const group of groups) {
    const batch: DecodedBatch = {
      ...{ subject: 'netmoth.events.bench.node.flow', sensor: 'bench', node: 'node' },
      ...{ eventClass: 'flow', msgId: randomUUID(), count: group.length, seq: 1 },
      text: group.map((event) => JSON.stringify(event)).join('\n'),
    };
    const begin = cpuUs();
    const encoder = new GroupEncoder({
      ...{ addresses, devices, memory, vendors, domains: new DomainCache() },
      ...{ maxRollupKeys: 2_500, storedOn: '2026-11-21' },
    });
    await encoder.add(batch);
    times.push((cpuUs() - begin) / group.length);
  }
  return median(times);
}

function enrichingAlone(): number {
  const [memory, evidenceMemory] = [newDeviceMemory(), newEvidenceMemory()];
  const findings = new DeviceFindings();
  const domains = new DomainCache();
  const times: number[] = [];
  for (const group of groups) {
    const learner = new DeviceLearner({
      sightings: new DeviceSightings(addresses, memory),
      evidence: new EvidenceSightings(evidenceMemory),
      ...{ findings, memory, vendors },
      addressOf: (text) => addresses.get(text),
    });
    const flows = group.map((event) => {
      const ends = {
        src: addresses.get(String(event['src_ip'])),
        dest: addresses.get(String(event['dest_ip'])),
      };
      return { event, facts: flowFacts(event, ends, domains) };
    });
    const begin = cpuUs();
    for (const { event, facts } of flows) {
      trafficType(trafficFacts(event, facts.domain));
      learner.learnFlow(event, facts, undefined);
    }
    times.push((cpuUs() - begin) / group.length);
  }
  return median(times);
}

/** Of this thread, so that what else runs on the machine does not count. */
function cpuUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

function flowEvent(index: number): Json {
  const device = index % kDevices;
  const second = String(index % 60).padStart(2, '0');
  const stamp = `2026-11-21T10:00:${second}.000000+0000`;
  return {
    timestamp: stamp,
    flow_id: index + 1,
    event_type: 'flow',
    src_ip: `10.0.${device >> 8}.${device & 255}`,
    src_port: 50_000,
    dest_ip: `93.184.${index % 251}.34`,
    dest_port: 443,
    proto: 'TCP',
    app_proto: kApps[index % kApps.length],
    ether: {
      dest_macs: ['00:1b:c5:00:00:01'],
      src_macs: [`28:6f:b9:00:${hex(device >> 8)}:${hex(device & 255)}`],
    },
    flow: {
      ...{ pkts_toserver: 10, pkts_toclient: 12, bytes_toserver: 1_000, bytes_toclient: 20_000 },
      ...{ start: stamp, end: stamp, age: 4, state: 'closed', reason: 'timeout', alerted: false },
    },
    netmoth: {
      ...{ schema: 1, flow_state: 'CLOSED', domain: `host-${index % 500}.example.org` },
      first_sizes: [517, -1400, -1400, 80, 300, -900],
      first_gaps_us: [0, 20_000, 100, 900, 50, 30_000],
      syn: { ttl: 64, window: 64_240, mss: 1460, scale: 7, df: true, options: [2, 4, 8, 1, 3] },
    },
  };
}

function hex(octet: number): string {
  return octet.toString(16).padStart(2, '0');
}
