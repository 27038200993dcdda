// /metrics says what docs/metrics-sensor.md says; the configuration page names every key.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { leavesOf, sensorConfigSchema } from './config-schema.ts';
import { variableOf } from './config-sources.ts';
import { serveHttp } from './http.ts';
import { makeMetrics } from './metrics.ts';
import { LOSS_REASONS } from './outbox.ts';

const docs = (name: string) => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');

const none = { batches: 0, events: 0 };
const lost = Object.fromEntries(LOSS_REASONS.map((reason) => [reason, none])) as Record<
  (typeof LOSS_REASONS)[number],
  typeof none
>;
const metrics = makeMetrics({
  readings: () => ({
    engine: {
      ...{ kernelPackets: 5, kernelDrops: 1, decodedPackets: 4, decodedBytes: 400 },
      ...{ filteredPackets: 0, shuntedPackets: 0, shuntedBytes: 0 },
      ...{ shuntedFlows: 0, sampledOutPackets: 0, payloadsLeft: 0 },
      ...{ overloadLevel: 0, sampledOneIn: 1 },
      ...{ nicPackets: 6, nicDrops: 1, interfaceChanges: 0 },
      ...{ invalidPackets: 0, flowsTotal: 2, flowsActive: 1, flowsEvicted: 0, fragments: 0 },
      ...{ reassemblyGaps: 0, reassemblyDrops: 0, eventsMade: 3, eventsDropped: 0 },
      ...{
        datagramsReassembled: 0,
        datagramsTimedOut: 0,
        datagramsEvicted: 0,
        fragmentsRefused: 0,
        fragmentOverlaps: 0,
      },
      ...{
        dnsCacheEntries: 0,
        dnsCacheEvicted: 0,
        dnsCacheRefused: 0,
        dnsCacheLookups: 0,
        dnsCacheHits: 0,
      },
      ...{ flowsEvictedNew: 0, flowsEvictedEstablished: 0, flowsEvictedClosed: 0 },
      ...{ flowEmergencies: 0, flowEmergenciesOver: 0, decompressionRefused: 0 },
      ...{
        anomaliesSuppressed: 0,
        listAlertsSuppressed: 0,
        flowLabelsRefused: 0,
        flowNamesRefused: 0,
      },
      ruleStreamEarlyBytes: 0,
      ...{ sessionsRefused: 0, sessionsDropped: 0 },
      ...{ reassemblyEarlyBytes: 0, reassemblyOverlaps: 0 },
      memoryBytes: {
        ...{ flows: 1024, sessions: 0, reassembly: 0, ruleStreams: 0 },
        ...{ defrag: 0, decompression: 0, dnsCache: 0 },
      },
      eventsByType: { flow: 2, dns: 1 },
    },
    intake: { batches: 0, bytes: 0, blockedBatches: 0, droppedEvents: 0, tooLargeEvents: 0 },
    outbox: {
      ...{ diskBytes: 8_192, capacityBytes: 65_536, memoryBytes: 0, batches: 2 },
      held: { alert: none, protocol: none, flow: { batches: 2, events: 7 }, stats: none },
      lost: { alert: lost, protocol: lost, flow: lost, stats: lost },
      ...{ spooledEvents: 7, acknowledgedEvents: 0 },
    },
    publisher: {
      ...{ inFlight: 0, inFlightBytes: 0, publishedEvents: 0, publishedBytes: 0 },
      ...{ acknowledgedBatches: 0, duplicates: 0, faults: 0, faultsInRow: 0 },
    },
  }),
  signatures: () => ({
    ...{ state: 'active', digest: 'sha256:d', revision: '7', rulesLoaded: 3, rulesFailed: 1 },
    ...{ indicators: 2, loadMs: 1_500, swaps: 4, failures: 1 },
  }),
  bundlesRefused: () => new Map([['BUNDLE_KEY', 1]]),
  conditions: () => [
    { type: 'Capturing', status: 'True', reason: 'r', message: 'm', since: 's' },
    { type: 'BusConnected', status: 'False', reason: 'r', message: 'm', since: 's' },
  ],
  ...{
    eventsLeftOut: () => 0,
    busReconnects: () => 3,
    spoolWriteErrors: () => 0,
    version: '1.2.3',
  },
});

test('values and labels are those of the readings, asked twice or more', async () => {
  await metrics.render();
  const text = await metrics.render();
  for (const line of [
    'netmoth_sensor_kernel_packets_total 5',
    'netmoth_sensor_events_made_total{type="dns"} 1',
    'netmoth_sensor_spool_events{class="flow"} 7',
    'netmoth_sensor_spool_dropped_events_total{class="alert",reason="full"} 0',
    'netmoth_sensor_condition{type="BusConnected"} 0',
    'netmoth_sensor_bus_reconnects_total 3',
    'netmoth_sensor_info{version="1.2.3"} 1',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

test('docs/metrics-sensor.md lists exactly the metrics there are', () => {
  const own = metrics.registry.getMetricsAsArray().map(({ name }) => name);
  const made = own.filter((name) => name.startsWith('netmoth_')).toSorted();
  const listed = [...docs('metrics-sensor.md').matchAll(/^\| `(netmoth_[a-z_]+)/gm)];
  expect(listed.map(([, name]) => name).toSorted()).toEqual(made);
});

test('docs/configuration-sensor.md lists exactly the keys there are, with their variable', () => {
  const rows = [...docs('configuration-sensor.md').matchAll(/^\| `([^`]+)` \| `([^`]+)`/gm)];
  const listed = rows.map(([, key, variable]) => `${key} ${variable}`);
  const known = leavesOf(sensorConfigSchema);
  expect(listed).toEqual(known.map(({ path }) => `${path.join('.')} ${variableOf(path)}`));
});

test('three paths answer, nothing else does; a used port is named', async () => {
  let ready = false;
  const server = await serveHttp({
    listen: '127.0.0.1:0',
    metrics: () => metrics.render(),
    ready: () => ({ ready, conditions: [] }),
  });
  const get = (path: string, init?: RequestInit) => fetch(`http://${server.address}${path}`, init);
  expect(await (await get('/healthz')).text()).toBe('ok\n');
  expect((await get('/readyz')).status).toBe(503);
  ready = true;
  expect(await (await get('/readyz')).json()).toEqual({ ready: true, conditions: [] });
  const page = await get('/metrics');
  expect(page.headers.get('content-type')).toContain('version=0.0.4');
  expect(await page.text()).toContain('process_cpu_seconds_total');
  expect((await get('/other')).status).toBe(404);
  expect((await get('/metrics', { method: 'POST' })).status).toBe(405);
  const again = {
    listen: server.address,
    metrics: async () => '',
    ready: () => ({ ready, conditions: [] }),
  };
  await expect(serveHttp(again)).rejects.toMatchObject({ code: 'NM_PORT_IN_USE' });
  await server.close();
});
