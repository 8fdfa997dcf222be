import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const slow = { testTimeout: 30_000, hookTimeout: 30_000 };

export default defineConfig({
  test: {
    // Most of the time is spent waiting for sockets and clocks: more workers than cores, on a small machine.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/conformance/**', 'test/browser/**'],
        },
      },
      { test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...slow } },
      { test: { name: 'conformance', include: ['test/conformance/**/*.test.ts'], ...slow } },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'], ...slow } },
    ],
  },
});
