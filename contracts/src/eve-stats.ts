/**
 * What a stats event says: counters since start, and what is held now.
 *
 * Invariant: names are Suricata's where it has the counter, the rest is the engine's own ledger
 * (native/src/output/stats_json.h writes it). Sizes are in octets.
 */
import { z } from 'zod';
import { count } from './eve-header.ts';

export const statsSchema = z.looseObject({
  uptime: count,
  capture: z.looseObject({
    kernel_packets: count.describe('Seen by the strategy, whatever became of them'),
    kernel_drops: count.describe('For want of room in the ring'),
    filtered: count.optional().describe('Seen, but not what the filter takes'),
    shunted: count.optional().describe('Counted into their flows in the kernel'),
    shunted_bytes: count.optional(),
    shunted_flows: count.optional(),
    sampled_out: count.optional().describe('Of flows not looked at while there was too much to do'),
    payloads_left: count.optional().describe('Of encrypted flows: decoded and not looked into'),
    overload_level: count.optional().describe('What is left undone now, 0 to 3'),
    sampled_one_in: count.optional().describe('Of new flows, now'),
    nic_packets: count.optional().describe('Received and sent by the interfaces themselves'),
    nic_drops: count.optional(),
    interfaces: count.optional().describe('Captured on now'),
    interface_changes: count.optional(),
  }),
  decoder: z.looseObject({ pkts: count, bytes: count, invalid: count }),
  flow: z.looseObject({
    total: count,
    active: count,
    evicted: count,
    evicted_by_state: z
      .looseObject({ new: count, established: count, closed: count })
      .optional()
      .describe('What those flows were that made room in a full table'),
    emerg_mode_entered: count.optional().describe('Times the table was full'),
    emerg_mode_over: count.optional(),
    memuse: count.optional().describe('Octets of the flows there are'),
  }),
  tcp: z
    .looseObject({
      reassembly_memuse: count.describe('Octets'),
      reassembly_gap: count,
      gap_bytes: count,
      segment_memcap_drop: count,
      overlap_diff_data: count,
      early_bytes: count.describe('Parsed before they were acknowledged, for want of memory'),
    })
    .optional(),
  app_layer: z
    .looseObject({
      memuse: count.describe('Octets'),
      memcap_refused: count,
      memcap_dropped: count,
    })
    .optional()
    .describe('State of parsers and streams; flows not parsed, or no longer, for want of it'),
  decompression: z
    .looseObject({ memuse: count, refused: count })
    .optional()
    .describe('Memory of the decompressors of HTTP bodies, and how often there was none left'),
  defrag: z
    .looseObject({
      fragments: count,
      reassembled: count,
      timeouts: count,
      evicted: count,
      refused: count,
      overlaps: count,
      duplicates: count,
      memuse: count.optional().describe('Octets'),
    })
    .optional()
    .describe('IP fragments, and what became of their datagrams'),
  dns_cache: z
    .looseObject({
      entries: count,
      answers: count,
      evicted: count,
      refused: count,
      lookups: count,
      hits: count,
      memuse: count.optional().describe('Octets'),
    })
    .optional()
    .describe('Names of connections by the DNS answers before them'),
  events: z
    .looseObject({
      made: count,
      dropped: count.describe('Found the queue to the sensor full'),
      spooled: count,
      dropped_by_spool: count,
      published: count,
      acknowledged: count,
    })
    .optional()
    .describe('Of a live sensor: events made, and what became of them'),
  expectations: z
    .looseObject({ announced: count, matched: count, expired: count, evicted: count })
    .optional()
    .describe('Data connections that FTP announced, and what became of them'),
});
