/** The routes below /api/v1/notifications; part of ROUTES (routes.ts). All want a person's session. */
import { API_PREFIX } from './rest.ts';
import * as rest from './rest-notifications.ts';
import type { Route } from './route.ts';

const ROOT = `${API_PREFIX}/notifications`;
const CHANNEL = `${ROOT}/channels/{name}`;

export const NOTIFICATION_ROUTES: readonly Route[] = [
  {
    ...{ method: 'GET', path: `${ROOT}/channels`, operationId: 'listChannels', auth: 'session' },
    summary: 'Who is told of findings, and how that goes',
    status: 200,
    answer: rest.channelsSchema,
  },
  {
    ...{ method: 'PUT', path: CHANNEL, operationId: 'putChannel', auth: 'session' },
    summary: 'Make or change a channel',
    params: rest.channelParamsSchema,
    body: rest.channelRequestSchema,
    status: 204,
  },
  {
    ...{ method: 'DELETE', path: CHANNEL, operationId: 'deleteChannel', auth: 'session' },
    summary: 'Remove a channel and what waits for it',
    params: rest.channelParamsSchema,
    status: 204,
  },
  {
    ...{ method: 'POST', path: `${CHANNEL}/test`, operationId: 'testChannel', auth: 'session' },
    summary: 'Send one message now and say what came of it',
    params: rest.channelParamsSchema,
    status: 200,
    answer: rest.channelTestSchema,
  },
  {
    ...{ method: 'GET', path: `${ROOT}/silences`, operationId: 'listSilences', auth: 'session' },
    summary: 'What is not told of, and until when',
    status: 200,
    answer: rest.silencesSchema,
  },
  {
    ...{ method: 'POST', path: `${ROOT}/silences`, operationId: 'createSilence', auth: 'session' },
    summary: 'Tell nothing of findings of a kind, of a device or both, for a while',
    body: rest.silenceRequestSchema,
    status: 201,
    answer: rest.silenceSchema,
  },
  {
    ...{
      method: 'DELETE',
      path: `${ROOT}/silences/{id}`,
      operationId: 'deleteSilence',
      auth: 'session',
    },
    summary: 'End a silence',
    params: rest.silenceParamsSchema,
    status: 204,
  },
];
