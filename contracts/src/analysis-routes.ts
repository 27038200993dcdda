/** The routes of the analysis; part of ROUTES (routes.ts). Invariant: what changes something wants a session. */
import { API_PREFIX, pageOf } from './rest.ts';
import * as addresses from './rest-addresses.ts';
import * as rest from './rest-analysis.ts';
import { topologyQuerySchema, topologySchema } from './rest-topology.ts';
import type { Route } from './route.ts';

const CSV = 'text/csv';
const NDJSON = 'application/x-ndjson';
const THRESHOLDS = `${API_PREFIX}/anomalies/thresholds`;

export const ANALYSIS_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: `${API_PREFIX}/beacons`,
    operationId: 'listBeacons',
    summary: 'Connections that recur like a clock’s, last seen first',
    auth: 'account',
    query: rest.beaconsQuerySchema,
    status: 200,
    answer: pageOf(rest.beaconRowSchema),
    media: [CSV, NDJSON],
  },
  {
    method: 'GET',
    path: `${API_PREFIX}/privacy`,
    operationId: 'listPrivacy',
    summary: 'Privacy report of the devices with traffic in the time range, lowest score first',
    auth: 'account',
    query: rest.privacyQuerySchema,
    status: 200,
    answer: rest.privacyPageSchema,
    media: [CSV, NDJSON, 'text/html'],
  },
  {
    method: 'GET',
    path: `${API_PREFIX}/topology`,
    operationId: 'getTopology',
    summary: 'Who talks with whom in the time range, as a graph of devices or workloads',
    auth: 'account',
    query: topologyQuerySchema,
    status: 200,
    answer: topologySchema,
  },
  {
    method: 'PUT',
    path: `${API_PREFIX}/anomalies/{id}/status`,
    operationId: 'setAnomalyStatus',
    summary: 'Acknowledge a finding, say that it is normal, or open it again',
    auth: 'session',
    params: rest.anomalyParamsSchema,
    body: rest.anomalyStatusSchema,
    status: 204,
  },
  {
    method: 'GET',
    path: THRESHOLDS,
    operationId: 'listThresholds',
    summary: 'From which score on findings are told, by kind and device',
    auth: 'account',
    status: 200,
    answer: rest.thresholdsSchema,
  },
  {
    method: 'PUT',
    path: THRESHOLDS,
    operationId: 'putThreshold',
    summary: 'Tell findings of a kind, of a device or both from this score on',
    auth: 'session',
    body: rest.thresholdRequestSchema,
    status: 204,
  },
  {
    method: 'DELETE',
    path: `${THRESHOLDS}/{id}`,
    operationId: 'deleteThreshold',
    summary: 'Take a threshold back',
    auth: 'session',
    params: rest.thresholdParamsSchema,
    status: 204,
  },
  {
    method: 'GET',
    path: `${API_PREFIX}/addresses/{ip}`,
    operationId: 'getAddress',
    summary: 'Where an address is, whose, and which lists it is on since when',
    auth: 'account',
    params: addresses.addressParamsSchema,
    status: 200,
    answer: addresses.addressSchema,
  },
  {
    method: 'GET',
    path: `${API_PREFIX}/names/{name}`,
    operationId: 'getName',
    summary: 'Whose tracker a name is, and which lists it or one above it is on since when',
    auth: 'account',
    params: addresses.nameParamsSchema,
    status: 200,
    answer: addresses.nameSchema,
  },
];
