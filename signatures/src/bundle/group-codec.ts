/** Records of prefilter groups, of threshold.config, of datasets and of tables of addresses. */
import type { AddressTable, ScoredRange } from '../addresses/address-table.ts';
import type { PrefilterGroup } from '../compile/groups.ts';
import type { ThresholdEntry } from '../compile/threshold-config.ts';
import { DATASET_KINDS, type Dataset } from '../datasets/read-dataset.ts';
import { bool, bytes, latin1, list, octets, struct, text, u8, u32, varint, word } from './codec.ts';
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

const scoredRange = (name: string, size: number) =>
  struct<ScoredRange>(name, { low: octets(size), high: octets(size), score: u8 });

export const addressTable = struct<AddressTable>('address table', {
  name: text,
  v4: list(scoredRange('scored IPv4 range', 4)),
  v6: list(scoredRange('scored IPv6 range', 16)),
});
