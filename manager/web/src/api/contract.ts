// The contract as the browser needs it: types erased at build, and the few constants, each typed as
// the contract's own value so that a difference does not compile. Importing the schemas themselves
// would put the validator library into the bundle. Invariant: no shape is defined here.

import type { z } from 'zod';
import type { EVENT_TYPES as ContractEventTypes } from '#contracts/eve.ts';
import type {
  LIVE_PATH as ContractLivePath,
  LiveClientMessage,
  LiveServerMessage,
} from '#contracts/live.ts';
import type {
  API_PREFIX as ContractApiPrefix,
  MAX_EXPORT_ROWS as ContractMaxExportRows,
  LISTS,
  passwordChangeSchema,
  sessionSchema,
  tokenCreatedSchema,
  tokenInfoSchema,
  tokenRequestSchema,
} from '#contracts/rest.ts';

export type { ErrorCode } from '#contracts/errors.ts';
export type { EventType } from '#contracts/eve.ts';
export type { Reported } from '#contracts/nats.ts';
export type {
  AlertRow,
  AnomalyRow,
  Bandwidth,
  DeviceDetail,
  DeviceRow,
  DnsRow,
  ErrorBody,
  EventCounts,
  FlowRow,
  Health,
  HttpRow,
  ListName,
  Page,
  PartHealth,
  SensorRow,
  StatsName,
  TlsRow,
  Top,
} from '#contracts/rest.ts';

import type { FINDING_KINDS as ContractFindingKinds } from '#contracts/rest-analysis.ts';

export type {
  BeaconRow,
  PrivacyPage,
  PrivacyRow,
  Threshold,
  ThresholdRequest,
} from '#contracts/rest-analysis.ts';
export type {
  Channel,
  ChannelRequest,
  Silence,
  SilenceRequest,
} from '#contracts/rest-notifications.ts';
export type { DeviceProfile } from '#contracts/rest-profile.ts';
export type {
  SignatureChangeRow,
  SignatureFaultRow,
  SignatureFile,
  SignatureHitRow,
  SignatureListOptions,
  SignatureOverview,
  SignatureRuleDetail,
  SignatureRuleRow,
  SignatureSet,
  SignatureSetDetail,
  SignatureSuppression,
  SignatureThreshold,
  SignatureVersion,
} from '#contracts/rest-signatures.ts';
export type { Topology, TopologyEdge, TopologyNode } from '#contracts/rest-topology.ts';
export type { LiveClientMessage, LiveServerMessage };

export type LiveEvent = Extract<LiveServerMessage, { type: 'events' }>['events'][number];
export type Session = z.infer<typeof sessionSchema>;
export type PasswordChange = z.infer<typeof passwordChangeSchema>;
export type TokenInfo = z.infer<typeof tokenInfoSchema>;
export type TokenCreated = z.infer<typeof tokenCreatedSchema>;
export type TokenRequest = z.infer<typeof tokenRequestSchema>;

type Lists = typeof LISTS;
/** The row of a list. */
export type RowOf<N extends keyof Lists> = z.infer<Lists[N]['row']>;
/** A query parameter that a list understands. */
export type FilterKey<N extends keyof Lists> = keyof z.input<Lists[N]['query']> & string;

export const API_PREFIX: typeof ContractApiPrefix = '/api/v1';
export const LIVE_PATH: typeof ContractLivePath = '/api/v1/live';
export const MAX_EXPORT_ROWS: typeof ContractMaxExportRows = 1_000_000;
export const EVENT_TYPES: typeof ContractEventTypes = [
  'alert',
  'flow',
  'dns',
  'tls',
  'http',
  'quic',
  'dhcp',
  'mdns',
  'fileinfo',
  'anomaly',
  'stats',
  'ssh',
  'smtp',
  'ftp',
  'ftp_data',
  'snmp',
  'sip',
  'mqtt',
  'dhcpv6',
  'krb5',
  'ntp',
  'packet',
];
export const FINDING_KINDS: typeof ContractFindingKinds = [
  'scan_vertical',
  'scan_horizontal',
  'scan_slow',
  'beacon',
  'dns_tunnel',
  'dga',
  'nxdomain_storm',
  'unusual_traffic',
  'exfiltration',
  'lateral_movement',
  'crypto_mining',
  'tor',
  'open_proxy',
  'cleartext_credentials',
  'certificate',
  'new_device',
  'arp_spoofing',
  'dhcp_spoofing',
  'address_flood',
];
/** Mirrors the minimum of passwordChangeSchema; a test compares. */
export const PASSWORD_MIN_LENGTH = 12;
/** Mirrors the pattern of durationSchema; a test compares. */
export const DURATION_PATTERN = /^[1-9]\d{0,5}[smhdw]$/;
