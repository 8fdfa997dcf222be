import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { addEventLoopLag } from '../../src/observe/event-loop-lag.ts';
import { waitFor } from '../support/wait.ts';

const block = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until; );
};

function setUp() {
  const registry = new Registry();
  addEventLoopLag(registry);
  const read = async () => {
    const lines = (await registry.metrics()).split('\n').filter((line) => !line.startsWith('#'));
    return Object.fromEntries(
      lines.map((line) => line.split(' ')).map(([name, value]) => [name, Number(value)]),
    );
  };
  return read;
}

describe('Event-loop lag', () => {
  it('is how late the loop was, without the time between two looks at it', async () => {
    const read = setUp();
    await read();
    await waitFor('a quiet time', async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const { nodejs_eventloop_lag_min_seconds: least = 1 } = await read();
      return least < 0.01;
    });
  });

  it('is seen where the loop is held up', async () => {
    const read = setUp();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await read();
    await new Promise((resolve) => setTimeout(resolve, 50));
    block(300);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { nodejs_eventloop_lag_max_seconds: most = 0 } = await read();
    expect(most).toBeGreaterThan(0.2);
  });
});
