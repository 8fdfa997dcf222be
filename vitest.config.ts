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
  'test/protocol/streams/file-tail/faults.test.ts',
  'test/protocol/streams/file-tail/swap.test.ts',
  'test/deliver/fan-out-churn.port.test.ts',
];
/** What a whole gateway does at its port, beside the tests of the files that do it. */
const atPort = 'test/**/*.port.test.ts';
const others = [atPort, 'test/conformance/**', 'test/browser/**'];
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
          name: 'port',
          include: [atPort],
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
