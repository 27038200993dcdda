/** Records of prefilter groups and of threshold.config. */
import type { PrefilterGroup } from '../compile/groups.ts';
import type { ThresholdEntry } from '../compile/threshold-config.ts';
import { bool, bytes, list, struct, text, u8, u32, varint, word } from './codec.ts';
import { portSet, rate, side, transform } from './rule-codec.ts';

export const group = struct<PrefilterGroup>('prefilter group', {
  layer: word('layer', ['packet', 'stream', 'datagram', 'buffer']),
  application: text,
  transports: list(u8),
  side,
  ports: portSet,
  buffer: text,
  transforms: list(transform),
  patterns: list(
    struct<PrefilterGroup['patterns'][number]>('group pattern', {
      bytes,
      nocase: bool,
      rules: list(varint),
    }),
  ),
  unfiltered: list(varint),
});

export const thresholdEntry = struct<ThresholdEntry>('threshold entry', {
  kind: word('threshold kind', ['suppress', 'threshold', 'event_filter', 'rate_filter']),
  gid: u32,
  sid: u32,
  track: text,
  addresses: list(text),
  rate,
  newAction: text,
  timeoutSeconds: varint,
});
