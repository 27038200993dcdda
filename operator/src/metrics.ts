/**
 * What the operator counts, in Prometheus' form. docs/operations.md lists the names.
 *
 * Invariant: reads counters of the parts when it is asked; nothing is counted twice.
 */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { IdentityPublisher } from './identity/identity-publisher.ts';
import type { ApiCounters } from './runtime/api-client.ts';
import type { Controller } from './runtime/controller.ts';
import type { Informer } from './runtime/informer.ts';
import type { KubeObject } from './runtime/resource.ts';
import type { ReportBoard } from './status/report-board.ts';
import type { ReportSource } from './status/report-source.ts';

export interface MetricsInput {
  readonly api: ApiCounters;
  readonly informers: ReadonlyMap<string, Informer<KubeObject, KubeObject>>;
  readonly board: ReportBoard;
  readonly source: ReportSource;
  readonly leading: () => boolean;
  readonly eventsDropped: () => number;
  /** Of the term that runs; none while another replica leads. */
  readonly controllers: () => readonly Controller[];
  readonly identities: () => IdentityPublisher | undefined;
  /** None where sensors log in without us. */
  readonly callout: () => Logins | undefined;
}

/** Of sensors at NATS, as this replica answered them. */
export interface Logins {
  readonly granted: number;
  readonly refused: number;
  readonly failed: number;
}

type Reading = readonly [labels: Readonly<Record<string, string>>, value: number];

export function makeMetrics(input: MetricsInput): () => Promise<string> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'netmoth_operator_' });
  const gauge = (name: string, help: string, read: () => readonly Reading[]): void => {
    const [first] = read();
    new Gauge({
      name: `netmoth_operator_${name}`,
      help,
      labelNames: Object.keys(first?.[0] ?? {}),
      registers: [registry],
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.set(labels, value);
      },
    });
  };
  const one = (name: string, help: string, read: () => number): void =>
    gauge(name, help, () => [[{}, read()]]);
  const { api, board, source, informers, controllers } = input;
  one('leading', '1 where this replica acts', () => (input.leading() ? 1 : 0));
  one('api_requests_total', 'Requests to the Kubernetes API', () => api.requests);
  one('api_writes_total', 'Of these, writes', () => api.writes);
  one('api_throttled_total', 'Answers 429', () => api.throttled);
  one('api_failures_total', 'Requests refused or not answered', () => api.failures);
  one('reports_total', "Reports of sensors' nodes heard", () => board.heard);
  one('reports_invalid_total', 'Reports that were none, or of another node', () => source.invalid);
  one('reports_dropped_total', 'Reports of nodes beyond the bound', () => board.dropped);
  one('report_nodes', 'Nodes that reported within the last ten minutes', () => board.size);
  one('bus_up', '1 while reports can be heard', () => (board.busUp ? 1 : 0));
  const { identities } = input;
  one('identity_addresses', 'Whose addresses are known', () => identities()?.ledger.size ?? 0);
  one('identity_writes_total', 'Of these, this term', () => identities()?.writes ?? 0);
  one('identity_dropped_total', 'Beyond the bound', () => identities()?.ledger.dropped ?? 0);
  gauge('logins_total', 'Log-ins of sensors at NATS that this replica answered', () => {
    const { granted = 0, refused = 0, failed = 0 } = input.callout() ?? {};
    const results = { granted, refused, failed };
    return Object.entries(results).map(([result, count]) => [{ result }, count]);
  });
  one('events_dropped_total', 'Kubernetes events not told', input.eventsDropped);
  const kinds = (count: (informer: Informer<KubeObject, KubeObject>) => number) => () =>
    [...informers].map(([kind, informer]) => [{ kind }, count(informer)] as const);
  gauge(
    'objects',
    'Objects in the local copies',
    kinds(({ size }) => size),
  );
  gauge(
    'lists_total',
    'Complete lists',
    kinds(({ counters }) => counters.lists),
  );
  gauge(
    'watches_total',
    'Watches begun',
    kinds(({ counters }) => counters.watches),
  );
  const perController = (count: (controller: Controller) => number) => () =>
    controllers().map((each) => [{ controller: each.name }, count(each)] as const);
  const labelled = (
    name: string,
    help: string,
    count: (controller: Controller) => number,
  ): void => {
    new Gauge({
      ...{ name: `netmoth_operator_${name}`, help, labelNames: ['controller'] },
      registers: [registry],
      collect() {
        this.reset();
        for (const [labels, value] of perController(count)()) this.set(labels, value);
      },
    });
  };
  labelled('reconciles_total', 'Looks at an object, this term', (each) => each.counters.reconciles);
  labelled('failures_total', 'Of these, failed', (each) => each.counters.failures);
  labelled('conflicts_total', 'Writes refused as outdated', (each) => each.counters.conflicts);
  labelled('queue_depth', 'Objects waiting to be looked at', (each) => each.queue.depth);
  return () => registry.metrics();
}
