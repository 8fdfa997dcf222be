/** Metrics of a gateway as its `/metrics` shows them at one moment. */
export interface Metrics {
  /** Sum over all series of this name that have these labels; 0 where there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number;
}

/** @param url base URL of the gateway */
export async function readMetrics(url: string): Promise<Metrics> {
  const response = await fetch(`${url}/metrics`);
  const series = (await response.text()).split('\n').flatMap(parseLine);
  return {
    value: (name, labels = {}) =>
      series
        .filter((one) => one.name === name)
        .filter((one) => Object.entries(labels).every(([key, value]) => one.labels.get(key) === value))
        .reduce((sum, one) => sum + one.value, 0),
  };
}

interface Series {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** One line of the text exposition format; comments and blank lines give nothing. */
function parseLine(line: string): Series[] {
  const [, name, labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? [];
  if (name === undefined || value === undefined) return [];
  const pairs = [...labels.matchAll(/([a-z_]+)="([^"]*)"/gi)];
  return [
    {
      name,
      labels: new Map(pairs.map(([, key = '', text = '']) => [key, text])),
      value: Number(value),
    },
  ];
}
