/**
 * Every route the manager answers: the server registers by this table, the OpenAPI document is made
 * of it.
 *
 * Invariant: what is not in here is not served (a test compares both directions); the dashboard's
 * static files are the one exception.
 */
import { z } from 'zod';
import { ANALYSIS_ROUTES } from './analysis-routes.ts';
import { LIVE_PATH } from './live.ts';
import { NOTIFICATION_ROUTES } from './notification-routes.ts';
import {
  API_PREFIX,
  deviceDetailSchema,
  deviceLabelSchema,
  healthSchema,
  LISTS,
  type ListName,
  loginSchema,
  pageOf,
  passwordChangeSchema,
  readinessSchema,
  STATS,
  type StatsName,
  sensorsSchema,
  sessionSchema,
  statsQuerySchema,
  timeRangeQuerySchema,
  tokenCreatedSchema,
  tokenRequestSchema,
  tokensSchema,
} from './rest.ts';
import { deviceProfileSchema } from './rest-profile.ts';
import type { Route } from './route.ts';
import { SIGNATURE_ROUTES } from './signature-routes.ts';

const LIST_SUMMARIES: Readonly<Record<ListName, string>> = {
  flows: 'Flows that began in the time range, newest first',
  dns: 'DNS questions and answers, newest first',
  tls: 'TLS handshakes, newest first',
  http: 'HTTP transactions, newest first',
  alerts: 'Alerts of signatures, newest first',
  anomalies: 'Malformed packets, protocol faults and unusual behaviour, newest first',
  devices: 'Devices seen in the time range, last seen first',
};
const STATS_SUMMARIES: Readonly<Record<StatsName, string>> = {
  bandwidth: 'Bytes, packets and flows by time',
  talkers: 'Devices by bytes',
  domains: 'Domains by bytes',
  applications: 'Application protocols by bytes',
  countries: 'Countries of remote ends by bytes, where known',
  events: 'Stored events by type and time',
};
export const EXPORT_MEDIA = ['text/csv', 'application/x-ndjson'] as const;

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

const listRoutes = (Object.keys(LISTS) as ListName[]).map(
  (name): Route => ({
    method: 'GET',
    path: `${API_PREFIX}/${name}`,
    operationId: `list${capital(name)}`,
    summary: LIST_SUMMARIES[name],
    auth: 'account',
    query: LISTS[name].query,
    status: 200,
    answer: pageOf(LISTS[name].row),
    media: EXPORT_MEDIA,
  }),
);

const statsRoutes = (Object.keys(STATS) as StatsName[]).map(
  (name): Route => ({
    method: 'GET',
    path: `${API_PREFIX}/stats/${name}`,
    operationId: `stats${capital(name)}`,
    summary: STATS_SUMMARIES[name],
    auth: 'account',
    query: statsQuerySchema,
    status: 200,
    answer: STATS[name],
  }),
);

const otherRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: `${API_PREFIX}/devices/{ip}`,
    operationId: 'getDevice',
    summary: 'One device, its traffic in the time range, and what its attributes rest on',
    auth: 'account',
    params: z.object({ ip: z.union([z.ipv4(), z.ipv6()]) }),
    query: timeRangeQuerySchema,
    status: 200,
    answer: deviceDetailSchema,
  },
  {
    method: 'GET',
    path: `${API_PREFIX}/devices/{ip}/profile`,
    operationId: 'getDeviceProfile',
    summary:
      'What is usual for a device: hours of the week, destinations, and how much was learned',
    auth: 'account',
    params: z.object({ ip: z.union([z.ipv4(), z.ipv6()]) }),
    status: 200,
    answer: deviceProfileSchema,
  },
  {
    method: 'PUT',
    path: `${API_PREFIX}/devices/{ip}/label`,
    operationId: 'putDeviceLabel',
    summary: 'Say what a device is called and what kind it is; goes before all evidence',
    auth: 'account',
    params: z.object({ ip: z.union([z.ipv4(), z.ipv6()]) }),
    body: deviceLabelSchema,
    status: 204,
  },
  {
    method: 'GET',
    path: `${API_PREFIX}/sensors`,
    operationId: 'listSensors',
    summary: 'What every sensor reports of itself',
    auth: 'account',
    status: 200,
    answer: sensorsSchema,
  },
  {
    method: 'GET',
    path: `${API_PREFIX}/health`,
    operationId: 'getHealth',
    summary: 'State of every part',
    auth: 'account',
    status: 200,
    answer: healthSchema,
  },
  {
    method: 'POST',
    path: `${API_PREFIX}/session`,
    operationId: 'logIn',
    summary: 'Log in; sets the session cookie',
    auth: 'none',
    body: loginSchema,
    status: 200,
    answer: sessionSchema,
  },
  {
    method: 'GET',
    path: `${API_PREFIX}/session`,
    operationId: 'getSession',
    summary: 'Who is logged in',
    auth: 'session',
    status: 200,
    answer: sessionSchema,
  },
  {
    method: 'DELETE',
    path: `${API_PREFIX}/session`,
    operationId: 'logOut',
    summary: 'Log out; works without a session too',
    auth: 'none',
    status: 204,
  },
  {
    method: 'PUT',
    path: `${API_PREFIX}/session/password`,
    operationId: 'changePassword',
    summary: 'Change the own password; ends all other sessions of the account',
    auth: 'session',
    body: passwordChangeSchema,
    status: 204,
  },
  {
    method: 'GET',
    path: `${API_PREFIX}/tokens`,
    operationId: 'listTokens',
    summary: 'The API tokens of the own account',
    auth: 'session',
    status: 200,
    answer: tokensSchema,
  },
  {
    method: 'POST',
    path: `${API_PREFIX}/tokens`,
    operationId: 'createToken',
    summary: 'Make an API token; its text is told this once',
    auth: 'session',
    body: tokenRequestSchema,
    status: 201,
    answer: tokenCreatedSchema,
  },
  {
    method: 'DELETE',
    path: `${API_PREFIX}/tokens/{id}`,
    operationId: 'deleteToken',
    summary: 'Revoke an API token',
    auth: 'session',
    params: z.object({ id: z.uuid() }),
    status: 204,
  },
  {
    method: 'GET',
    path: LIVE_PATH,
    operationId: 'live',
    summary:
      'WebSocket with events as they come in; messages are LiveClientMessage, LiveServerMessage',
    auth: 'account',
    status: 101,
  },
  {
    method: 'GET',
    path: `${API_PREFIX}/openapi.json`,
    operationId: 'getOpenApi',
    summary: 'This document',
    auth: 'account',
    status: 200,
    answer: z.looseObject({ openapi: z.string() }),
  },
  {
    method: 'GET',
    path: '/healthz',
    operationId: 'getLiveness',
    summary: 'The process answers',
    auth: 'none',
    status: 200,
    answer: z.object({ status: z.literal('ok') }),
  },
  {
    method: 'GET',
    path: '/readyz',
    operationId: 'getReadiness',
    summary: 'Short state of the parts; 503 where one is degraded or down',
    auth: 'none',
    status: 200,
    answer: readinessSchema,
  },
  {
    method: 'GET',
    path: '/metrics',
    operationId: 'getMetrics',
    summary: 'Prometheus metrics; open to loopback, to others with an account',
    auth: 'account',
    status: 200,
    media: ['text/plain'],
  },
];

export const ROUTES: readonly Route[] = [
  ...listRoutes,
  ...statsRoutes,
  ...ANALYSIS_ROUTES,
  ...NOTIFICATION_ROUTES,
  ...SIGNATURE_ROUTES,
  ...otherRoutes,
];
