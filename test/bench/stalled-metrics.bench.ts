import { parseArgs } from 'node:util';
import { readMetrics } from '../support/metrics.ts';
import type { Resource } from '../support/wait.ts';
import { untilAtRest } from './fan-out/rest.ts';
import { residentBytes } from './machine.ts';
import { pause } from './monotonic.ts';
import type { Figure } from './report.ts';
import { runBench } from './run-bench.ts';
import { Scoreboard } from './scoreboard.ts';
import { startGatewayProcess } from './server-process.ts';
import { startSnapshotEngine } from './socket-io/snapshot-engine.ts';
import { stallers } from './socket-io/stalled-client.ts';
import { startViewers, type ViewersReport } from './socket-io/viewers.ts';
import { median, spread } from './stats.ts';

// What clients of metrics that stopped reading cost, by WebSocket, long-polling and event stream, ten each: the
// gateway's memory, and how long 50 others wait, with and without them, in turn. An update waits for the next second
// of the clock wherever it is due, so look at the differences.
//
//   npm run bench -- stalled-metrics [--turns 3]

const { values: args } = parseArgs({ options: { turns: { type: 'string', default: '3' } } });
const turns = Number(args.turns);
const stalledEach = 10;
const others = 25;
/** Large, so that what is kept for a client is seen: thirty would have been sent 60 MB in a turn. */
const payloadBytes = 100_000;
/** Before any of them is cut for being slow, or for answering no ping. */
const turnMs = 20_000;
const lookEveryMs = 250;
const mebibyte = 1024 * 1024;

interface Turn {
  readonly report: ViewersReport;
  readonly growth: number;
  readonly skipped: number;
}

await runBench('stalled-metrics', async ({ use, pinning, say }) => {
  say(
    `${2 * others} viewers, half of them by polling; ${turns} turns with and without ${stalledEach} stalled of each kind`,
  );
  const engine = await use(startSnapshotEngine(payloadBytes));
  const gateway = await use(
    startGatewayProcess(pinning, { ENGINE_URL: engine.url, POLL_CRON: '0 0 * * * *' }),
  );
  const { pid, port } = gateway;
  const viewers = await use(startViewers());
  for (const transport of ['websocket', 'polling'] as const) {
    await viewers.open({ port, transport, count: others });
  }
  const skipped = async () => (await readMetrics(`http://127.0.0.1:${port}`)).value('bff_skipped_total');

  const watchMemory = async (): Promise<readonly number[]> => {
    const samples: number[] = [];
    for (let passed = 0; passed < turnMs; passed += lookEveryMs) {
      await pause(lookEveryMs);
      samples.push(residentBytes(pid) / mebibyte);
    }
    return samples;
  };
  const run = async (isStalled: boolean): Promise<Turn> => {
    const memoryBefore = residentBytes(pid) / mebibyte;
    const stalled: Resource[] = [];
    if (isStalled) {
      for (const stall of Object.values(stallers)) {
        for (let count = 0; count < stalledEach; count += 1) stalled.push(await stall(port));
      }
    }
    const skippedBefore = await skipped();
    await viewers.reset();
    const memory = await watchMemory();
    const report = await viewers.report();
    const skips = (await skipped()) - skippedBefore;
    for (const client of stalled) await client.stop();
    await untilAtRest(pid);
    if (isStalled && skips === 0) throw new Error('no stalled client was ever skipped');
    return { report, growth: Math.max(...memory) - memoryBefore, skipped: skips };
  };

  const board = new Scoreboard<Turn>();
  const [without, withThem] = ['none stalled', 'with them'] as const;
  // Until everything has been compiled and every buffer made.
  await run(false);
  for (let turn = 0; turn < turns; turn += 1) {
    await board.take(without, () => run(false));
    await board.take(withThem, () => run(true));
  }
  const added = (read: (turn: Turn) => number): readonly number[] => {
    const before = board.turns(without).map(read);
    return board.turns(withThem).map((turn, index) => read(turn) - (before[index] ?? Number.NaN));
  };
  const addedFigure = (name: string, unit: string, read: (turn: Turn) => number): Figure => {
    const values = added(read);
    return { name, value: median(values), unit, note: `turns ${spread(values)}` };
  };
  const lasted = ({ report: { viewers: all, connected } }: Turn) => all - connected;
  return [
    ...[without, withThem].flatMap((entry) => [
      board.figure(
        `${entry}: engine’s answer → viewer, p50`,
        'ms',
        entry,
        ({ report }) => report.latency.p50,
      ),
      board.figure(
        `${entry}: engine’s answer → viewer, p99`,
        'ms',
        entry,
        ({ report }) => report.latency.p99,
      ),
      board.figure(`${entry}: first viewer → last, p99`, 'ms', entry, ({ report }) => report.firstToLast.p99),
      board.figure(`${entry}: growth of memory`, 'MB', entry, ({ growth }) => growth),
      board.figure(`${entry}: skipped`, '', entry, (turn) => turn.skipped),
      board.figure(`${entry}: viewers that did not last`, '', entry, lasted, { is: '=', value: 0 }),
    ]),
    addedFigure('what they add to first viewer → last, p99', 'ms', ({ report }) => report.firstToLast.p99),
    addedFigure('what they add to memory', 'MB', ({ growth }) => growth),
  ];
});
