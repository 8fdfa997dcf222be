import { DemoEngine } from '../../src/demo/engine.ts';
import type { Resource } from '../support/wait.ts';

export interface BenchEngine extends Resource {
  readonly url: string;
  readonly faults: DemoEngine['faults'];
}

/** Steps after which the log has its ten lines, and the document its usual 2.4 KB. */
const stepsBefore = 60;
/** Several a tick, so that no poll of each second ever finds what the one before found. */
const stepMs = 250;

/** The demo engine, in this process. */
export async function startEngine(): Promise<BenchEngine> {
  const engine = new DemoEngine({ port: 0, stepMs, activity: 0 });
  for (let step = 0; step < stepsBefore; step += 1) engine.market.step();
  const { url } = await engine.start();
  return { url, faults: engine.faults, stop: () => engine.stop() };
}
