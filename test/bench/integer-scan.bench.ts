import type { JsonValue } from '../../src/core/json.ts';
import { mayBeRounded } from '../../src/core/json-text.ts';
import { parseUntrusted } from '../../src/core/untrusted-json.ts';
import type { Bar, Figure } from './report.ts';
import { runBench } from './run-bench.ts';
import { chooseSimulator } from './simulated-telemetry.ts';
import { median, range } from './stats.ts';

// What it costs to find integers that no double holds: each number of a document is compared as the walk over it
// meets it, and only a text in which one may have been rounded is read again. In turn, document by document.

const ticks = 600;
const seed = 42;
const warmUpRounds = 20;
const rounds = 21;

interface Input {
  readonly text: string;
  /** The same with the id of an order in it. */
  readonly withId: string;
  readonly numbers: readonly number[];
}

let sink = 0;

const jobs = {
  parse: ({ text }: Input) => Object.keys(Object(JSON.parse(text))).length,
  find: ({ numbers }: Input) => {
    let found = 0;
    for (const number of numbers) if (mayBeRounded(number)) found += 1;
    return found;
  },
  nearest: ({ text }: Input) => keysOf(text, false),
  exact: ({ text }: Input) => keysOf(text, true),
  exactWithId: ({ withId }: Input) => keysOf(withId, true),
} as const;
type Job = keyof typeof jobs;
const names = Object.keys(jobs) as Job[];

function keysOf(text: string, exactIntegers: boolean): number {
  const parsed = parseUntrusted(text, { nonFinite: 'null', exactIntegers });
  return parsed.ok ? Object.keys(Object(parsed.value)).length : 0;
}

function numbersIn(value: JsonValue): readonly number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null
    ? Object.values<JsonValue>(value).flatMap(numbersIn)
    : [];
}

const noteOf = (values: readonly number[]) => `rounds from ${range(values)}`;

/** One pass over all documents, every job at each; the median time of each job, µs. */
function round(inputs: readonly Input[]): ReadonlyMap<Job, number> {
  const times = new Map(names.map((name) => [name, [] as number[]]));
  for (const [index, input] of inputs.entries()) {
    for (let offset = 0; offset < names.length; offset += 1) {
      const name = names[(index + offset) % names.length] ?? 'parse';
      const startedAt = performance.now();
      sink += jobs[name](input);
      times.get(name)?.push((performance.now() - startedAt) * 1000);
    }
  }
  return new Map(names.map((name) => [name, median(times.get(name) ?? [])]));
}

await runBench('integer-scan', async ({ say }) => {
  const { simulate, text } = await chooseSimulator();
  say(`${text}; ${ticks} documents, seed ${seed}; medians over them, and of ${rounds} rounds`);
  const inputs = simulate('normal', ticks, seed).map((document): Input => {
    const json = JSON.stringify(document);
    return {
      // As it comes from a socket.
      text: Buffer.from(json).toString('utf8'),
      withId: Buffer.from(json.replace('{', '{"order_id":8389765489680951453,')).toString('utf8'),
      numbers: numbersIn(document),
    };
  });
  for (let count = 0; count < warmUpRounds; count += 1) round(inputs);
  const measured = Array.from({ length: rounds }, () => round(inputs));
  say(`${sink} keys and numbers seen`);

  const valuesOf = (job: Job) => measured.map((one) => one.get(job) ?? Number.NaN);
  const time = (name: string, job: Job): Figure => {
    const values = valuesOf(job);
    return { name, value: median(values), unit: 'µs', note: noteOf(values) };
  };
  const ratio = (name: string, job: Job, to: Job, bar?: Bar): Figure => {
    const base = valuesOf(to);
    const values = valuesOf(job).map((value, index) => value / (base[index] ?? Number.NaN));
    return {
      name,
      value: median(values),
      unit: '×',
      ...(bar === undefined ? {} : { bar }),
      note: noteOf(values),
    };
  };
  return [
    time('JSON.parse', 'parse'),
    time('all numbers compared', 'find'),
    time('parseUntrusted', 'nearest'),
    time('parseUntrusted, exact integers', 'exact'),
    time('the same, one long integer in it', 'exactWithId'),
    ratio('all numbers compared ÷ JSON.parse', 'find', 'parse', { is: '≤', value: 0.05 }),
    ratio('parseUntrusted, exact ÷ nearest', 'exact', 'nearest', { is: '≤', value: 1.05 }),
    ratio('one long integer in it ÷ none', 'exactWithId', 'exact'),
  ];
});
