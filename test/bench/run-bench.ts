import type { Resource } from '../support/wait.ts';
import { machineText, type Pinning, pin } from './machine.ts';
import { type Figure, report } from './report.ts';

export interface BenchContext {
  readonly pinning: Pinning;
  /** Has a resource stopped at the end, whatever happens; the last one first. */
  use<T extends Resource>(starting: T | Promise<T>): Promise<T>;
  say(text: string): void;
}

/** Runs one benchmark. Exit code 1 means that it could not measure; a missed bar is a result like any other. */
export async function runBench(
  name: string,
  measure: (context: BenchContext) => Promise<readonly Figure[]>,
): Promise<void> {
  const pinning = pin();
  const resources: Resource[] = [];
  const context: BenchContext = {
    pinning,
    async use(starting) {
      const resource = await starting;
      resources.unshift(resource);
      return resource;
    },
    say: (text) => console.log(`  ${text}`),
  };
  context.say(`${machineText()}; ${pinning.text}`);
  try {
    const figures = await measure(context);
    report(name, figures, pinning);
    if (figures.some(({ value }) => Number.isNaN(value))) process.exitCode = 1;
  } catch (error) {
    console.error(`  ${name} could not measure:`, error);
    process.exitCode = 1;
  } finally {
    for (const resource of resources) await resource.stop();
  }
}
