import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/** Every test may meet a busy machine: what is to be quick is not told by how long a test takes. */
const patient = { testTimeout: 30_000, hookTimeout: 30_000 };
/** Real browsers and processes on a machine that others use: what fails twice in a row has failed. */
const real = { retry: process.env.CI === undefined ? 0 : 1 };
/** One process after the other reads the sources once, and not once for each of its files. */
const shared = { ...patient, isolate: false };
/** Those that put something else in place of a module, or count the objects of their process. */
const alone = [
  'test/source/file-tail/faults.test.ts',
  'test/source/file-tail/swap.test.ts',
  'test/integration/fan-out-churn.test.ts',
];
const others = ['test/integration/**', 'test/conformance/**', 'test/browser/**'];
const exclude = [...configDefaults.exclude, ...alone];

export default defineConfig({
  test: {
    // Most of the time is spent waiting for sockets and clocks: more workers than cores, on a small machine.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      { test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [...exclude, ...others], ...shared } },
      { test: { name: 'alone', include: alone, ...patient, ...real } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          exclude,
          ...shared,
          ...real,
        },
      },
      {
        test: {
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          exclude,
          ...shared,
          ...real,
        },
      },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'], exclude, ...shared, ...real } },
    ],
  },
});
