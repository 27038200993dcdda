/** Records of prefilter groups, of threshold.config and of datasets. */
import type { PrefilterGroup } from '../compile/groups.ts';
import type { ThresholdEntry } from '../compile/threshold-config.ts';
import { DATASET_KINDS, type Dataset } from '../datasets/read-dataset.ts';
import { bool, bytes, latin1, list, struct, text, u8, u32, varint, word } from './codec.ts';
import { addressSet, portSet, rate, side, transform } from './rule-codec.ts';

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
  addresses: addressSet,
  rate,
  newAction: text,
  timeoutSeconds: varint,
});

export const dataset = struct<Dataset>('dataset', {
  name: text,
  kind: word('dataset kind', DATASET_KINDS),
  values: list(latin1),
  reputations: list(varint),
});
