import { readdir } from 'node:fs/promises';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type Labels,
  type Meter,
  metricTable,
} from '../core/meter.ts';

/** 50 µs to 5 s: from one encode to a poll that took its whole time. */
const secondsBuckets = [
  0.000_05, 0.000_2, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
];

/** Each of these iterates over all connections: with 5,000 of them a scrape would block for 15 ms. */
const costlyMetrics = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'process_open_fds',
] as const;

/** Metrics of the gateway and of its process, for Prometheus to scrape. */
export class PrometheusMeter implements Meter {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();

  constructor() {
    const registry = this.#registry;
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
    addEventLoopLag(registry);
    // A gauge with the name of a counter: `promtool check metrics` objects.
    registry.removeSingleMetric('nodejs_active_requests_total');
    for (const name of costlyMetrics) registry.removeSingleMetric(name);
    addOpenFiles(registry);
    for (const [name, { type, help, labels }] of Object.entries(metricTable)) {
      const settings = { name, help, labelNames: [...labels], registers: [registry] };
      if (type === 'counter') this.#counters.set(name, new Counter(settings));
      else if (type === 'gauge') this.#gauges.set(name, new Gauge(settings));
      else this.#histograms.set(name, new Histogram({ ...settings, buckets: secondsBuckets }));
    }
  }

  count<Name extends CounterName>(name: Name, labels: Labels<Name>, by = 1): void {
    this.#counters.get(name)?.inc(labels, by);
  }

  gauge<Name extends GaugeName>(name: Name, labels: Labels<Name>, value: number): void {
    this.#gauges.get(name)?.set(labels, value);
  }

  forget<Name extends GaugeName>(name: Name, labels: Labels<Name>): void {
    this.#gauges.get(name)?.remove(labels);
  }

  observe<Name extends HistogramName>(name: Name, labels: Labels<Name>, seconds: number): void {
    this.#histograms.get(name)?.observe(labels, seconds);
  }

  /** The text exposition format of all metrics, those of the process included. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
}

/** Open file descriptors, to compare with `process_max_fds`, counted off the event loop. Linux only. */
function addOpenFiles(registry: Registry): void {
  if (process.platform !== 'linux') return;
  new Gauge({
    name: 'process_open_fds',
    help: 'Number of open file descriptors.',
    registers: [registry],
    async collect() {
      const names = await readdir('/proc/self/fd').catch(() => undefined);
      // One of them is the directory being read.
      if (names !== undefined) this.set(names.length - 1);
    },
  });
}

const sampleEveryMs = 20;
const nanoseconds = 1e9;
const figures = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'] as const;

/**
 * Event-loop lag since the last scrape. Node's histogram measures the time between two samples: the lag is what exceeds
 * their interval, so that an idle process has none.
 */
export function addEventLoopLag(registry: Registry): void {
  const delay = monitorEventLoopDelay({ resolution: sampleEveryMs });
  delay.enable();
  for (const figure of figures) {
    const name = `nodejs_eventloop_lag_${figure}_seconds`;
    registry.removeSingleMetric(name);
    new Gauge({
      name,
      help: `How late the event loop was since the last scrape: ${figure}`,
      registers: [registry],
      collect() {
        this.set(read(delay, figure));
        if (figure === figures.at(-1)) delay.reset();
      },
    });
  }
}

function read(delay: IntervalHistogram, figure: (typeof figures)[number]): number {
  if (delay.count === 0) return 0;
  if (figure === 'stddev') return delay.stddev / nanoseconds;
  const percentiles = { p50: 50, p90: 90, p99: 99 };
  const between =
    figure === 'min' || figure === 'max' || figure === 'mean'
      ? delay[figure]
      : delay.percentile(percentiles[figure]);
  return Math.max(0, between / nanoseconds - sampleEveryMs / 1000);
}
