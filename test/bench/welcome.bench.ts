import { nowhere } from '../support/gateway.ts';
import { measureConnects } from './connect-times.ts';
import { startEngine } from './engine.ts';
import { pause } from './monotonic.ts';
import type { Figure } from './report.ts';
import { type BenchContext, runBench } from './run-bench.ts';
import { startGatewayProcess } from './server-process.ts';
import type { Summary } from './stats.ts';

// Connect → WELCOME: 200 clients one after the other, all of which stay. With the engine up, hanging, and never up.

const connections = 200;
const barMs = 50;
/** So that polls that hang, and those of the next ticks, fall into the measurement. */
const everyMs = 15;
const ticksBefore = 3000;

const measure = (port: number): Promise<Summary> => measureConnects(port, connections, everyMs);

async function engineUp({ pinning, use }: BenchContext): Promise<Summary> {
  const engine = await use(startEngine());
  const gateway = await use(startGatewayProcess(pinning, { ENGINE_URL: engine.url }));
  await pause(ticksBefore);
  return measure(gateway.port);
}

async function engineHangs({ pinning, use }: BenchContext): Promise<Summary> {
  const engine = await use(startEngine());
  const gateway = await use(startGatewayProcess(pinning, { ENGINE_URL: engine.url }));
  await pause(ticksBefore);
  const refusal = engine.faults.apply({ kind: 'hang' });
  if (refusal !== undefined) throw new Error(refusal.message);
  await pause(ticksBefore);
  return measure(gateway.port);
}

async function engineNeverUp({ pinning, use }: BenchContext): Promise<Summary> {
  const gateway = await use(startGatewayProcess(pinning, { ENGINE_URL: nowhere }));
  await pause(ticksBefore);
  return measure(gateway.port);
}

function figures(engine: string, { p50, p99, max }: Summary): readonly Figure[] {
  return [
    { name: `engine ${engine}: p50`, value: p50, unit: 'ms' },
    { name: `engine ${engine}: p99`, value: p99, unit: 'ms', bar: { is: '<', value: barMs } },
    { name: `engine ${engine}: max`, value: max, unit: 'ms' },
  ];
}

await runBench('welcome', async (context) => {
  context.say(`${connections} connections each, one after the other`);
  return [
    ...figures('up', await engineUp(context)),
    ...figures('hanging', await engineHangs(context)),
    ...figures('never up', await engineNeverUp(context)),
  ];
});
