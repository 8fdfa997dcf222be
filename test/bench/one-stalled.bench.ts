import { parseArgs } from 'node:util';
import { readMetrics } from '../support/metrics.ts';
import { within } from '../support/wait.ts';
import { openArena } from './fan-out/contestants.ts';
import { type RoundsResult, runRounds } from './fan-out/load-generator.ts';
import { compilePrograms } from './fan-out/programs.ts';
import { untilAtRest } from './fan-out/rest.ts';
import { RawClient } from './raw-client.ts';
import { runBench } from './run-bench.ts';
import { Scoreboard } from './scoreboard.ts';
import { median, spread } from './stats.ts';

// What one client that stopped reading costs the 999 others: their p99 with and without it, in turn. On a machine that
// others use, too, the turns differ by more than the bar: look at the medians.
//
//   npm run bench -- one-stalled [--turns 5]

const { values: args } = parseArgs({ options: { turns: { type: 'string', default: '5' } } });
const turns = Number(args.turns);
const others = 999;
const hz = 20;
const rounds = 150;
/** As fast as it goes: more than what the gateway and the kernel take for a client that reads nothing. */
const warmUp = 400;

/** The client beside the others, which reads or not; resolves when it has its WELCOME. */
async function connectOne(port: number, stalls: boolean): Promise<RawClient> {
  const client = await within(
    'WELCOME',
    new Promise<RawClient>((resolve, reject) => {
      const connecting = new RawClient(port, {
        onPacket: () => resolve(connecting),
        onEnd: (code) => reject(new Error(`closed with ${code} before WELCOME`)),
      });
    }),
  );
  if (stalls) client.stall();
  return client;
}

await runBench('one-stalled', async (context) => {
  context.say(`${others} clients and one; ${turns} turns each of ${rounds} events, ${hz} a second`);
  const programs = await context.use(compilePrograms());
  const arena = await openArena(context, programs);
  const { server, clients, trigger } = await arena('gateway');
  const skipped = async () =>
    (await readMetrics(`http://127.0.0.1:${server.port}`)).value('bff_skipped_total');
  const board = new Scoreboard<RoundsResult>();

  const run = async (stalls: boolean): Promise<RoundsResult> => {
    const one = await connectOne(server.port, stalls);
    const skippedBefore = await skipped();
    const result = await runRounds(
      programs.loadGenerator,
      { ...clients, clients: others },
      { serverPid: server.pid, trigger, rounds, warmUp, hz },
    );
    const skips = (await skipped()) - skippedBefore;
    one.stop();
    await untilAtRest(server.pid);
    if (stalls && skips < rounds) throw new Error(`the stalled client was skipped in ${skips} rounds only`);
    return result;
  };

  for (let turn = 0; turn < turns; turn += 1) {
    await board.take('none stalled', () => run(false));
    await board.take('one stalled', () => run(true));
  }
  const p99s = (entry: string) => board.turns(entry).map(({ everyClient }) => everyClient.p99);
  const without = p99s('none stalled');
  const added = p99s('one stalled').map((p99, index) => p99 - (without[index] ?? Number.NaN));
  return [
    ...['none stalled', 'one stalled'].flatMap((entry) => [
      board.figure(`${entry}: p50`, 'ms', entry, (turn) => turn.everyClient.p50),
      board.figure(`${entry}: p99`, 'ms', entry, (turn) => turn.everyClient.p99),
      board.figure(`${entry}: last client p99`, 'ms', entry, (turn) => turn.lastClient.p99),
    ]),
    {
      name: 'one stalled client adds to the others’ p99',
      value: median(added),
      unit: 'ms',
      bar: { is: '<', value: 1 },
      note: `turns ${spread(added)}`,
    },
  ];
});
