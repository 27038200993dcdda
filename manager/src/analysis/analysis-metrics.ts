/** What analysis counts. Names and help texts are what docs/metrics-manager.md lists. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export type AnalysisMetrics = ReturnType<typeof analysisMetrics>;

export function analysisMetrics(registry: Registry) {
  const registers = [registry];
  return {
    hours: new Counter({
      name: 'netmoth_manager_analysis_hours_total',
      help: 'Hours of subjects that were judged',
      registers,
    }),
    findings: new Counter({
      name: 'netmoth_manager_analysis_findings_total',
      help: 'New findings by kind',
      labelNames: ['kind'],
      registers,
    }),
    beyond: new Counter({
      name: 'netmoth_manager_analysis_beyond_total',
      help: 'Events and hours of subjects that found no room in a bound of analysis and were left out',
      registers,
    }),
    ahead: new Counter({
      name: 'netmoth_manager_analysis_clock_ahead_total',
      help: 'Hours of subjects whose events lie more than an hour ahead of our clock',
      registers,
    }),
    open: new Gauge({
      name: 'netmoth_manager_analysis_open_hours',
      help: 'Hours of subjects that are not over, held in memory',
      registers,
    }),
    shards: new Gauge({
      name: 'netmoth_manager_analysis_shards',
      help: 'Shards of the analysis that this manager works',
      registers,
    }),
    failing: new Gauge({
      name: 'netmoth_manager_analysis_failing_shards',
      help: 'Shards of this manager that failed when they were last worked',
      registers,
    }),
    oldest: new Gauge({
      name: 'netmoth_manager_analysis_oldest_facts_seconds',
      help: 'Age of the oldest facts that wait to be judged, of this manager',
      registers,
    }),
    dropped: new Counter({
      name: 'netmoth_manager_analysis_facts_dropped_total',
      help: 'Rows of facts that waited so long that the keeper deleted them',
      registers,
    }),
    passSeconds: new Histogram({
      name: 'netmoth_manager_analysis_pass_seconds',
      help: 'Time of one round over all shards',
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
      registers,
    }),
  };
}
