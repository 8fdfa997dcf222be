import { readdir } from 'node:fs/promises';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type Meter, metricTable } from '../core/meter.ts';
import { addEventLoopLag } from './event-loop-lag.ts';

/** 50 µs to 5 s: from one encode to a poll that took its whole time. */
const secondsBuckets = [
  0.000_05, 0.000_2, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
];

/** Each of these goes through all connections: with 5,000 of them a scrape would hold everything up for 15 ms. */
const costlyMetrics = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'process_open_fds',
] as const;

export interface PrometheusMeter extends Meter {
  /** The text exposition format of all metrics, those of the process included. */
  text(): Promise<string>;
  readonly contentType: string;
}

export function createPrometheusMeter(): PrometheusMeter {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  addEventLoopLag(registry);
  // A gauge that is called like a counter: `promtool check metrics` objects to it.
  registry.removeSingleMetric('nodejs_active_requests_total');
  for (const name of costlyMetrics) registry.removeSingleMetric(name);
  addOpenFiles(registry);
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const [name, { type, help, labels }] of Object.entries(metricTable)) {
    const settings = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') counters.set(name, new Counter(settings));
    else if (type === 'gauge') gauges.set(name, new Gauge(settings));
    else histograms.set(name, new Histogram({ ...settings, buckets: secondsBuckets }));
  }
  return {
    count: (name, labels, by = 1) => counters.get(name)?.inc(labels, by),
    gauge: (name, labels, value) => gauges.get(name)?.set(labels, value),
    forget: (name, labels) => gauges.get(name)?.remove(labels),
    observe: (name, labels, seconds) => histograms.get(name)?.observe(labels, seconds),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** Says how near the process is to `process_max_fds`, and counts them off the event loop. Linux only. */
function addOpenFiles(registry: Registry): void {
  if (process.platform !== 'linux') return;
  new Gauge({
    name: 'process_open_fds',
    help: 'Number of open file descriptors.',
    registers: [registry],
    async collect() {
      const names = await readdir('/proc/self/fd').catch(() => undefined);
      // One of them was for reading the others.
      if (names !== undefined) this.set(names.length - 1);
    },
  });
}
