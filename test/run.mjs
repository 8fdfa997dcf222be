import { ensureBuild } from './setup/build.mjs';
import { ensureProgram } from './setup/ensure-program.mjs';
import { checkNodeVersion } from './setup/node-version.mjs';
import { checkPackage } from './setup/package-check.mjs';
import { ensurePackages } from './setup/packages.mjs';
import { isSkipped, optionalPrograms, requiredPrograms } from './setup/programs.mjs';
import { run } from './setup/run.mjs';
import { Steps } from './setup/steps.mjs';
import { runVitest } from './setup/vitest.mjs';

// npm test                 everything
// npm test -- test/core    only vitest, with these arguments

const vitestArgs = process.argv.slice(2);
const everything = vitestArgs.length === 0;
const inCi = !['', '0', 'false', undefined].includes(process.env.CI);

checkNodeVersion();
const steps = new Steps();
let counts = { passed: 0, failed: 0, skipped: 0 };

if (await steps.run('Packages', ensurePackages)) {
  await steps.run('Build', ensureBuild);
  for (const program of requiredPrograms) {
    // A person may do without it and is told so. In CI it is a failure.
    await steps.run(program.title, async () => (await ensureProgram(program)) || !inCi);
  }
  await steps.run('Programs of some tests', async () => {
    for (const program of optionalPrograms) await ensureProgram(program);
    return true;
  });
  // Tests wait most of their time.
  await Promise.all([
    ...(everything ? [check('Types', 'check:types'), checkTheRest()] : []),
    steps.run('Tests', testAll),
  ]);
}

// The tests are counted one by one, and as a step only where no single one failed.
const failedSteps = steps.failed.filter((name) => name !== 'Tests' || counts.failed === 0);
const ok = steps.report({ ...counts, failed: counts.failed + failedSteps.length });
process.exitCode = ok ? 0 : 1;

/** Whether a program is missing, which its step has said already. */
function leftOutOnPurpose() {
  return [...requiredPrograms, ...optionalPrograms].some(isSkipped);
}

async function testAll() {
  const result = await runVitest(vitestArgs);
  counts = result.counts;
  if (counts.skipped === 0 || !inCi || leftOutOnPurpose()) return result.ok;
  console.log(`${counts.skipped} tests were left out, which in CI is a failure`);
  return false;
}

async function checkTheRest() {
  await check('Style', 'check:style');
  await check('Layers', 'check:layers');
  await check('Unused code', 'check:unused');
  await steps.run('Package', checkPackage);
}

/** What it says is shown at its end, and not in between what another says. */
function check(name, script) {
  return steps.run(name, async () => {
    const { ok, output } = await run('npm', ['run', '--silent', script], { quiet: true });
    console.log(output.trimEnd());
    return ok;
  });
}
