import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

type ProjectConfig = NonNullable<TestProjectInlineConfiguration['test']>;

/** Every test may meet a busy machine: what is to be quick is not told by how long a test takes. */
const patient = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 45_000 } } };
/** Real browsers and processes on a machine that others use: what fails twice in a row has failed. */
const real = { retry: process.env.CI === undefined ? 0 : 1 };
/** One process after the other reads the sources once, and not once for each of its files. */
const shared = { isolate: false };
/** Those that put something else in place of a module, or count the objects of their process. */
const alone = [
  'test/protocol/streams/file-tail/faults.test.ts',
  'test/protocol/streams/file-tail/swap.test.ts',
  'test/deliver/fan-out-churn.port.test.ts',
];
/** What a whole gateway does at its port, beside the tests of the files that do it. */
const atPort = 'test/**/*.port.test.ts';
const conformance = 'test/conformance/**/*.test.ts';
const browser = 'test/browser/**/*.test.ts';
/** The ways in that the pages show, walked with the programs that users bring. */
const newcomer = 'test/newcomer/**/*.test.ts';
const wholes = [conformance, browser, newcomer];
/** They run the program, or open its pages: `dist/` is built before where it does not match `src/`. */
const globalSetup = 'test/setup/built.mjs';
const exclude = [...configDefaults.exclude, ...alone];

export default defineConfig({
  test: {
    // Most of the time is spent waiting for sockets and clocks: more workers than cores, on a small machine.
    maxWorkers: Math.max(6, availableParallelism() - 1),
    projects: [
      group('unit', ['test/**/*.test.ts'], { exclude: [...exclude, atPort, ...wholes], ...shared }),
      group('alone', alone, { ...real, globalSetup }),
      group('port', [atPort], { exclude, ...shared, ...real, globalSetup }),
      group('conformance', [conformance], { exclude, ...shared, ...real, globalSetup }),
      group('browser', [browser], { exclude, ...shared, ...real, globalSetup }),
      group('newcomer', [newcomer], { exclude, ...shared, ...real, globalSetup }),
    ],
  },
});

function group(name: string, include: string[], options: ProjectConfig): { test: ProjectConfig } {
  return { test: { name, include, ...patient, ...options } };
}
