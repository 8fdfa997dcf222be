import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './root.mjs';
import { run } from './run.mjs';

const timeoutMs = 30 * 60_000;
const none = { passed: 0, failed: 0, skipped: 0 };

/** Runs vitest over all its projects. `counts` are of tests; `ok` is false too where no test ran. */
export async function runVitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'test-report-'));
  try {
    const file = join(folder, 'report.json');
    const result = await run(
      process.execPath,
      [
        join(root, 'node_modules/vitest/vitest.mjs'),
        'run',
        `--reporter=${join(root, 'test/setup/group-reporter.mjs')}`,
        '--reporter=json',
        `--outputFile.json=${file}`,
        ...args,
      ],
      { env: { ...process.env, NODE_ENV: 'test' }, timeoutMs },
    );
    const counts = existsSync(file) ? countTests(JSON.parse(readFileSync(file, 'utf8'))) : none;
    if (!result.ok) console.error(`vitest: ${result.reason}`);
    if (counts.passed + counts.failed === 0) console.error('No test ran.');
    return { ok: result.ok && counts.failed === 0 && counts.passed > 0, counts };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that fails before its first test, by an import for example, counts as one failed test. */
function countTests({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }) {
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  return {
    passed: numPassedTests,
    failed: numFailedTests + brokenFiles.length,
    skipped: numPendingTests + numTodoTests,
  };
}
