import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

const sampleEveryMs = 20;
const nanoseconds = 1e9;
const figures = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'] as const;

/**
 * How late the event loop is, since the last scrape. Node measures the time between two samples: what it is over the
 * interval is the lag, and an idle process has none.
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
