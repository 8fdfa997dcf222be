import { onTestFinished } from 'vitest';
import { DemoEngine, type DemoEngineOptions } from '../../src/demo/engine.ts';

/** An engine on a free port, until the end of the test. */
export async function startDemoEngine(options: DemoEngineOptions = {}) {
  const engine = new DemoEngine({ port: 0, ...options });
  onTestFinished(() => engine.stop());
  return { engine, ...(await engine.start()) };
}
