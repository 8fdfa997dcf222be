import { waitFor, within } from '../support/wait.ts';
import { startEngine } from './engine.ts';
import { startFleet } from './fleet.ts';
import { monotonicMs, pause } from './monotonic.ts';
import type { Figure } from './report.ts';
import { type BenchContext, runBench } from './run-bench.ts';
import { startGatewayProcess } from './server-process.ts';

// SIGTERM with 1,000 clients: what each is told, how the process ends, and when. And without any, however the engine is.

const clients = 1000;
const runningMs = 3000;
const idleTurns = 3;

/** The longest of a few idle shutdowns. */
async function idleShutdown({ pinning, use }: BenchContext, env: Readonly<Record<string, string>>) {
  const took: number[] = [];
  for (let turn = 0; turn < idleTurns; turn += 1) {
    const gateway = await use(startGatewayProcess(pinning, env));
    await pause(runningMs);
    const startedAt = monotonicMs();
    gateway.kill('SIGTERM');
    took.push((await within('the end of the process', gateway.exited, 20_000)).at - startedAt);
  }
  return Math.max(...took);
}

async function idleFigures(context: BenchContext): Promise<readonly Figure[]> {
  const engine = await context.use(startEngine());
  const figures: Figure[] = [];
  for (const kind of ['none', 'hang', 'stop'] as const) {
    engine.faults.apply({ kind, seconds: 600 });
    const name = `SIGTERM to exit without clients, engine ${kind === 'none' ? 'up' : `in ${kind}`}`;
    const value = await idleShutdown(context, { ENGINE_URL: engine.url });
    figures.push({ name, value, unit: 'ms', bar: { is: '<', value: 300 } });
    engine.faults.apply({ kind: 'none' });
  }
  return figures;
}

await runBench('shutdown', async (context) => {
  const { pinning, use } = context;
  // First: the fleet keeps the cores busy for a while.
  const idle = await idleFigures(context);
  const engine = await use(startEngine());
  const gateway = await use(startGatewayProcess(pinning, { ENGINE_URL: engine.url }));
  const fleet = await use(startFleet());
  await fleet.open(gateway.port, clients);
  await pause(runningMs);

  const startedAt = monotonicMs();
  gateway.kill('SIGTERM');
  const exit = await within('the end of the process', gateway.exited, 20_000);
  const report = await waitFor('the end of all connections', async () => {
    const now = await fleet.report();
    return now.open === 0 && now;
  });
  const told = report.closes.filter(({ code }) => code === 1001);
  return [
    { name: 'clients closed with 1001', value: told.length, unit: '', bar: { is: '=', value: clients } },
    {
      name: 'exit code',
      value: exit.code ?? Number.NaN,
      unit: '',
      bar: { is: '=', value: 0 },
      note: exit.signal ?? '',
    },
    {
      name: 'SIGTERM to the last client’s close',
      value: Math.max(...report.closes.map(({ at }) => at)) - startedAt,
      unit: 'ms',
    },
    { name: 'SIGTERM to exit', value: exit.at - startedAt, unit: 'ms', bar: { is: '<', value: 5000 } },
    ...idle,
  ];
});
