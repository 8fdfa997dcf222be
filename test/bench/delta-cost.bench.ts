import type { JsonObject } from '../../src/core/json.ts';
import { jsonEncoding, msgpackEncoding, pack } from '../../src/encode/encoding.ts';
import { HistoryBudget, historyDefaults } from '../../src/feed/history.ts';
import { WritableStateFeed } from '../../src/feed/state-feed.ts';
import { type Delta, diff } from '../../src/wire/delta.ts';
import { createManualClock } from '../support/manual-clock.ts';
import type { Bar, Figure } from './report.ts';
import { runBench } from './run-bench.ts';
import { chooseSimulator } from './simulated-telemetry.ts';
import { median, range } from './stats.ts';

// What a delta costs to make and encode, beside one JSON.stringify of the full packet: in turn, tick by tick, each
// with the documents as the feed gives them, whose unchanged sections are the same objects.

const ticks = 600;
const seed = 42;
const warmUpRounds = 20;
const rounds = 15;

interface Step {
  readonly seq: number;
  readonly previous: JsonObject;
  readonly next: JsonObject;
}

const fullPacket = ({ seq, next }: Step): JsonObject => ({ type: 'TELEMETRY', seq, data: next });
const deltaPacket = ({ seq, previous, next }: Step): JsonObject => ({
  type: 'DELTA',
  seq,
  base: seq - 1,
  ...needed(diff(previous, next)),
});

/** Each returns something that depends on all of its work. */
const jobs = {
  stringify: (step: Step) => JSON.stringify(fullPacket(step)).length,
  diff: ({ previous, next }: Step) => Object.keys(needed(diff(previous, next)).patch).length,
  deltaJson: (step: Step) => jsonEncoding.encode(deltaPacket(step)).length,
  deltaMsgpack: (step: Step) => msgpackEncoding.encode(deltaPacket(step)).length,
  fullJson: (step: Step) => jsonEncoding.encode(fullPacket(step)).length,
  pack: (step: Step) => pack(fullPacket(step)).length,
  fullMsgpack: (step: Step) => msgpackEncoding.encode(fullPacket(step)).length,
} as const;
type Job = keyof typeof jobs;

function needed(delta: Delta | undefined): Delta {
  if (delta === undefined) throw new Error('a simulated tick cannot be told as a delta');
  return delta;
}

function commitAll([initial, ...later]: readonly JsonObject[]): readonly Step[] {
  if (initial === undefined) throw new Error('the simulator gave no documents');
  const budget = new HistoryBudget(historyDefaults);
  const feed = new WritableStateFeed({ initial, epoch: 'bench', clock: createManualClock(), budget });
  return later.map((document) => {
    const previous = feed.current.document;
    feed.stage(document);
    feed.commit();
    return { seq: feed.current.seq, previous, next: feed.current.document };
  });
}

let sink = 0;

/** One pass over all ticks, every job at each tick; the median time of each job, µs. */
function round(steps: readonly Step[], names: readonly Job[]): Readonly<Record<Job, number>> {
  const times = new Map(names.map((name) => [name, [] as number[]]));
  for (const [index, step] of steps.entries()) {
    // Whoever comes first pays for what the caches do not hold: so each does, in turn.
    for (let offset = 0; offset < names.length; offset += 1) {
      const name = names[(index + offset) % names.length] ?? 'stringify';
      const startedAt = performance.now();
      sink += jobs[name](step);
      times.get(name)?.push((performance.now() - startedAt) * 1000);
    }
  }
  const of = (name: Job) => median(times.get(name) ?? []);
  return {
    stringify: of('stringify'),
    diff: of('diff'),
    deltaJson: of('deltaJson'),
    deltaMsgpack: of('deltaMsgpack'),
    fullJson: of('fullJson'),
    pack: of('pack'),
    fullMsgpack: of('fullMsgpack'),
  };
}

await runBench('delta-cost', async ({ say }) => {
  const { simulate, text } = await chooseSimulator();
  say(`${text}; ${ticks} ticks, seed ${seed}; medians over the ticks, and of ${rounds} rounds`);
  const steps = commitAll(simulate('normal', ticks, seed));
  const names = Object.keys(jobs) as Job[];
  for (let count = 0; count < warmUpRounds; count += 1) round(steps, names);
  const measured = Array.from({ length: rounds }, () => round(steps, names));
  say(`${sink} bytes made`);

  const time = (name: string, job: Job): Figure => {
    const values = measured.map((one) => one[job]);
    return {
      name,
      value: median(values),
      unit: 'µs',
      note: `rounds from ${range(values)}`,
    };
  };
  const ratio = (name: string, job: Job, to: Job, bar?: Bar): Figure => {
    const values = measured.map((one) => one[job] / one[to]);
    return {
      name,
      value: median(values),
      unit: '×',
      ...(bar === undefined ? {} : { bar }),
      note: `rounds from ${range(values)}`,
    };
  };
  const bar: Bar = { is: '≤', value: 1.1 };
  return [
    time('JSON.stringify of the full packet', 'stringify'),
    time('diff', 'diff'),
    time('diff + delta JSON frame', 'deltaJson'),
    time('diff + delta msgpack frame', 'deltaMsgpack'),
    time('full JSON frame', 'fullJson'),
    time('full msgpack, packed', 'pack'),
    time('full msgpack frame', 'fullMsgpack'),
    ratio('diff + delta JSON frame ÷ JSON.stringify', 'deltaJson', 'stringify', bar),
    ratio('diff + delta msgpack frame ÷ JSON.stringify', 'deltaMsgpack', 'stringify', bar),
    ratio('diff + delta JSON frame ÷ full JSON frame', 'deltaJson', 'fullJson'),
    ratio('diff + delta msgpack frame ÷ full msgpack frame', 'deltaMsgpack', 'fullMsgpack'),
  ];
});
