/**
 * The routes below /api/v1/signatures; part of ROUTES (routes.ts).
 *
 * Invariant: what changes something wants a person's session; an API token reads.
 */
import { API_PREFIX, pageOf } from './rest.ts';
import * as rest from './rest-signatures.ts';
import type { Route } from './route.ts';

const ROOT = `${API_PREFIX}/signatures`;
const SET = `${ROOT}/sets/{set}`;
const FILE = `${SET}/files/{file}`;
const OVERRIDE = `${SET}/overrides/{gid}/{sid}`;
const VERSION = `${SET}/versions/{number}`;
export const FILE_MEDIA = 'application/octet-stream';

type Draft = Omit<Route, 'auth' | 'status'>;
const reads = (route: Omit<Draft, 'method'>): Route => ({
  ...route,
  method: 'GET',
  auth: 'account',
  status: 200,
});
const changes = (status: 200 | 201 | 204, route: Draft): Route => ({
  ...route,
  auth: 'session',
  status,
});

const readRoutes: readonly Route[] = [
  reads({
    path: ROOT,
    operationId: 'getSignatures',
    summary: 'Sets of signatures, the active version, and what each sensor matches with',
    answer: rest.signatureOverviewSchema,
  }),
  reads({
    path: `${ROOT}/hits`,
    operationId: 'listSignatureHits',
    summary: 'Signatures that fired in the time range, most alerts first',
    query: rest.hitsQuerySchema,
    answer: pageOf(rest.hitRowSchema),
  }),
  reads({
    path: `${ROOT}/changes`,
    operationId: 'listSignatureChanges',
    summary: 'Who changed what about signatures, newest first',
    query: rest.changesQuerySchema,
    answer: pageOf(rest.changeRowSchema),
  }),
  reads({
    path: SET,
    operationId: 'getSignatureSet',
    summary: 'One set: its variables, files and versions',
    params: rest.setParamsSchema,
    answer: rest.signatureSetDetailSchema,
  }),
  reads({
    path: `${SET}/rules`,
    operationId: 'listSignatureRules',
    summary: 'Rules of a version with their alerts in the time range, most alerts first',
    params: rest.setParamsSchema,
    query: rest.rulesQuerySchema,
    answer: pageOf(rest.ruleRowSchema),
  }),
  reads({
    path: `${SET}/rules/{gid}/{sid}`,
    operationId: 'getSignatureRule',
    summary: 'One rule of a version, as written and in words',
    params: rest.overrideParamsSchema,
    query: rest.rulesQuerySchema.pick({ version: true, last: true, since: true, until: true }),
    answer: rest.ruleDetailSchema,
  }),
  reads({
    path: `${SET}/faults`,
    operationId: 'listSignatureFaults',
    summary: 'Faults of a version, in the order of its files',
    params: rest.setParamsSchema,
    query: rest.faultsQuerySchema,
    answer: pageOf(rest.faultRowSchema),
  }),
  reads({
    path: `${SET}/overrides`,
    operationId: 'listSignatureOverrides',
    summary: 'What is changed about single rules',
    params: rest.setParamsSchema,
    answer: rest.overridesSchema,
  }),
  reads({
    path: FILE,
    operationId: 'getSignatureFile',
    summary: 'The text of a file',
    params: rest.fileParamsSchema,
    media: ['text/plain'],
  }),
];

const changeRoutes: readonly Route[] = [
  changes(201, {
    method: 'POST',
    path: `${ROOT}/sets`,
    operationId: 'createSignatureSet',
    summary: 'Make an empty set',
    body: rest.signatureSetRequestSchema,
    answer: rest.signatureSetDetailSchema,
  }),
  changes(204, {
    method: 'DELETE',
    path: SET,
    operationId: 'deleteSignatureSet',
    summary: 'Remove a set that is not active, with all its versions',
    params: rest.setParamsSchema,
  }),
  changes(200, {
    method: 'PUT',
    path: `${SET}/variables`,
    operationId: 'putSignatureVariables',
    summary: 'Set all variables of a set',
    params: rest.setParamsSchema,
    body: rest.variablesRequestSchema,
    answer: rest.signatureSetDetailSchema,
  }),
  changes(200, {
    method: 'PUT',
    path: FILE,
    operationId: 'putSignatureFile',
    summary:
      'Store rules or an indicator list, plain or gzip; classification.config and its like by name',
    params: rest.fileParamsSchema,
    query: rest.fileQuerySchema,
    bodyMedia: FILE_MEDIA,
    answer: rest.signatureFileSchema,
  }),
  changes(204, {
    method: 'DELETE',
    path: FILE,
    operationId: 'deleteSignatureFile',
    summary: 'Remove a file',
    params: rest.fileParamsSchema,
  }),
  changes(200, {
    method: 'PUT',
    path: OVERRIDE,
    operationId: 'putSignatureOverride',
    summary: 'Enable or disable a rule, or give it another rate, from the next version on',
    params: rest.overrideParamsSchema,
    body: rest.overrideRequestSchema,
    answer: rest.signatureOverrideSchema,
  }),
  changes(204, {
    method: 'DELETE',
    path: OVERRIDE,
    operationId: 'deleteSignatureOverride',
    summary: 'Take a rule as its file says again',
    params: rest.overrideParamsSchema,
  }),
  changes(201, {
    method: 'POST',
    path: `${SET}/versions`,
    operationId: 'compileSignatureSet',
    summary: 'Compile a set into its next version; what has a fault is left out and named',
    params: rest.setParamsSchema,
    answer: rest.signatureVersionSchema,
  }),
  changes(200, {
    method: 'POST',
    path: `${VERSION}/activate`,
    operationId: 'activateSignatureVersion',
    summary: 'Have all sensors load a version',
    params: rest.versionParamsSchema,
    answer: rest.signatureVersionSchema,
  }),
  changes(204, {
    method: 'DELETE',
    path: `${ROOT}/active`,
    operationId: 'deactivateSignatures',
    summary: 'Have sensors match nothing but what they are configured with',
  }),
];

export const SIGNATURE_ROUTES: readonly Route[] = [...readRoutes, ...changeRoutes];
