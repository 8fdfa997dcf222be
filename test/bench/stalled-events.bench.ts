import { parseArgs } from 'node:util';
import { readMetrics } from '../support/metrics.ts';
import { waitFor } from '../support/wait.ts';
import { monotonicMs, pause } from './monotonic.ts';
import type { Figure } from './report.ts';
import { runBench } from './run-bench.ts';
import { type Endpoint, openStage, type Reader, type Stage } from './stalled-events/endpoints.ts';
import { summarise } from './stats.ts';

// What one client that reads nothing costs those beside it, at each endpoint that sends events: 1,000 events a second
// to five clients, with it and without it, in turn. On a machine that others use, too, look at the turns by themselves.
//
//   npm run bench -- stalled-events [--turns 3] [--only /ws/messages]

const { values: args } = parseArgs({
  options: { turns: { type: 'string', default: '3' }, only: { type: 'string' } },
});
const turns = Number(args.turns);
const clients = 5;
const turnMs = 1500;
/** Until what an endpoint needs has been compiled. */
const warmUpMs = 1000;
const eventsPerMs = 1;
/** Until a client that stopped reading counts as not writable, and is further behind than any may be. */
const stallWithinMs = 20_000;
const behindMs = 400;
/** What is still on its way after the last event of a turn. */
const settleWithinMs = 5000;
const probeEveryMs = 40;
const barRatio = 1.2;

interface Turn {
  published: number;
  latencies: number[];
  livez: number[];
}

/** Publishes at the bench's pace until told to stop, which returns how many there were. */
function publishing(endpoint: Endpoint): () => number {
  const startedAt = monotonicMs();
  let published = 0;
  const timer = setInterval(() => {
    const due = Math.floor((monotonicMs() - startedAt) * eventsPerMs);
    for (; published < due; published += 1) endpoint.publish();
  }, 1);
  return () => {
    clearInterval(timer);
    return published;
  };
}

/** Asks for the health all the time; resolves, once stopped, with how long each answer took, ms. */
function probing(port: number): () => Promise<readonly number[]> {
  const took: number[] = [];
  let stopped = false;
  const run = async (): Promise<void> => {
    while (!stopped) {
      const askedAt = monotonicMs();
      await (await fetch(`http://127.0.0.1:${port}/livez`)).text();
      took.push(monotonicMs() - askedAt);
      await pause(probeEveryMs);
    }
  };
  const ended = run();
  return async () => {
    stopped = true;
    await ended;
    return took;
  };
}

async function stallOne({ gateway }: Stage, endpoint: Endpoint): Promise<Reader> {
  const skipped = async () =>
    (await readMetrics(`http://127.0.0.1:${gateway.port}`)).value('bff_skipped_total', {
      dialect: endpoint.dialect,
    });
  const before = await skipped();
  const stalled = endpoint.connect();
  const stop = publishing(endpoint);
  await waitFor('its first event', () => stalled.marks.latencies.length > 0);
  stalled.stall();
  await waitFor('the stalled client to be skipped', async () => (await skipped()) > before, {
    timeoutMs: stallWithinMs,
  });
  await pause(behindMs);
  stop();
  return stalled;
}

async function warmUp(endpoint: Endpoint): Promise<void> {
  const readers = Array.from({ length: clients }, () => endpoint.connect());
  const stop = publishing(endpoint);
  await pause(warmUpMs);
  stop();
  for (const reader of readers) reader.destroy();
}

async function takeTurn(stage: Stage, endpoint: Endpoint, stalls: boolean, book: Turn): Promise<void> {
  const readers = Array.from({ length: clients }, () => endpoint.connect());
  const stopFirst = publishing(endpoint);
  await waitFor('all clients', () => readers.every(({ marks }) => marks.latencies.length > 0));
  stopFirst();
  const stalled = stalls ? await stallOne(stage, endpoint) : undefined;
  await pause(300);
  for (const { marks } of readers) marks.latencies = [];
  const stopProbing = probing(stage.gateway.port);
  const stop = publishing(endpoint);
  await pause(turnMs);
  const published = stop();
  book.livez.push(...(await stopProbing()));
  const arrived = () => readers.reduce((sum, { marks }) => sum + marks.latencies.length, 0);
  const waitedFrom = monotonicMs();
  let last = -1;
  while (arrived() < published * clients && monotonicMs() - waitedFrom < settleWithinMs) {
    if (arrived() === last) break;
    last = arrived();
    await pause(500);
  }
  book.published += published * clients;
  for (const { marks } of readers) book.latencies.push(...marks.latencies);
  for (const reader of [...readers, ...(stalled === undefined ? [] : [stalled])]) reader.destroy();
  await untilAnswered(stage.gateway.port);
}

/** Until it is done with what it was given before. */
async function untilAnswered(port: number): Promise<void> {
  await (await fetch(`http://127.0.0.1:${port}/livez`)).text();
  await pause(100);
}

function figuresOf({ name, whole }: Endpoint, without: Turn, beside: Turn): readonly Figure[] {
  const [alone, held] = [summarise(without.latencies), summarise(beside.latencies)];
  const [livezAlone, livezHeld] = [summarise(without.livez), summarise(beside.livez)];
  const share = ({ latencies, published }: Turn) => (100 * latencies.length) / published;
  return [
    {
      name: `${name}: p99 beside a stalled client ÷ without`,
      value: held.p99 / alone.p99,
      unit: '',
      bar: { is: '≤', value: barRatio },
      note: `${held.p99.toFixed(1)} and ${alone.p99.toFixed(1)} ms; p50 ${held.p50.toFixed(1)} and ${alone.p50.toFixed(1)} ms`,
    },
    {
      name: `${name}: events that arrived`,
      value: share(beside),
      unit: '%',
      ...(whole ? { bar: { is: '=', value: 100 } as const } : {}),
      note: `${beside.latencies.length} of ${beside.published}; without ${share(without).toFixed(1)} %`,
    },
    {
      name: `${name}: /livez p99`,
      value: livezHeld.p99,
      unit: 'ms',
      note: `without ${livezAlone.p99.toFixed(1)} ms`,
    },
  ];
}

await runBench('stalled-events', async (context) => {
  context.say(`${clients} clients, 1,000 events a second, ${turns} turns each of ${turnMs / 1000} s`);
  const stage = await openStage(context);
  const figures: Figure[] = [];
  for (const endpoint of stage.endpoints) {
    if (args.only !== undefined && endpoint.name !== args.only) continue;
    const without: Turn = { published: 0, latencies: [], livez: [] };
    const beside: Turn = { published: 0, latencies: [], livez: [] };
    await warmUp(endpoint);
    for (let turn = 0; turn < turns; turn += 1) {
      await takeTurn(stage, endpoint, false, without);
      await takeTurn(stage, endpoint, true, beside);
    }
    figures.push(...figuresOf(endpoint, without, beside));
  }
  return figures;
});
