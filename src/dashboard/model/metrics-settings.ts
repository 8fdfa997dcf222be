/** What the metrics are asked for. */
export interface MetricsSettings {
  /** The range that they are over. */
  readonly hours: number;
  /** Least seconds between two updates. */
  readonly interval: number;
}

export const metricsRanges = [
  { hours: 1, label: '1 h' },
  { hours: 6, label: '6 h' },
  { hours: 24, label: '24 h' },
  { hours: 72, label: '3 d' },
  { hours: 168, label: '7 d' },
] as const;

/** Seconds. */
export const metricsIntervals = [1, 2, 5, 10, 30, 60] as const;

const byDefault: MetricsSettings = { hours: 24, interval: 2 };

/** What the fragment of the page's address asks for, among the choices on offer; the default for what it does not. */
export function readMetricsSettings(hash: string): MetricsSettings {
  const asked = new URLSearchParams(hash.slice(1));
  const numberOf = (name: string): number => Number(asked.get(name) ?? Number.NaN);
  const hours = metricsRanges.find((range) => range.hours === numberOf('hours'))?.hours;
  const interval = metricsIntervals.find((seconds) => seconds === numberOf('interval'));
  return { hours: hours ?? byDefault.hours, interval: interval ?? byDefault.interval };
}

/** The fragment that asks for them: the shortest that does. */
export function formatMetricsSettings({ hours, interval }: MetricsSettings): string {
  const parts = [
    '#metrics',
    ...(hours === byDefault.hours ? [] : [`hours=${hours}`]),
    ...(interval === byDefault.interval ? [] : [`interval=${interval}`]),
  ];
  return parts.join('&');
}
