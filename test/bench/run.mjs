import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuild } from '../setup/build.mjs';
import { checkNodeVersion } from '../setup/node-version.mjs';
import { ensurePackages } from '../setup/packages.mjs';
import { root } from '../setup/root.mjs';
import { run } from '../setup/run.mjs';

// npm run bench                             every benchmark in turn
// npm run bench -- tick fan-out             those, in this order
// npm run bench -- fan-out --clients 5000   with arguments for it

const suffix = '.bench.ts';
const folder = join(root, 'test/bench');

const args = process.argv.slice(2);
const firstOption = args.findIndex((arg) => arg.startsWith('-'));
const wanted = firstOption === -1 ? args : args.slice(0, firstOption);
const benchArgs = args.slice(wanted.length);

const available = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(suffix)) : [];
const names = available.map((file) => file.slice(0, -suffix.length)).sort();
const unknown = wanted.filter((name) => !names.includes(name));
if (names.length === 0 || unknown.length > 0) {
  console.error(
    names.length === 0
      ? 'There is no benchmark in test/bench.'
      : `There is no benchmark named ${unknown.join(', ')}.`,
  );
  for (const name of names) console.error(`  npm run bench -- ${name}`);
  process.exit(1);
}

checkNodeVersion();
if (!(await ensurePackages()) || !(await ensureBuild())) process.exit(1);
mkdirSync(join(root, '.artifacts/bench'), { recursive: true });

const failed = [];
for (const name of wanted.length === 0 ? names : wanted) {
  console.log(`\n== ${name}`);
  const result = await run(process.execPath, ['--import', 'tsx', join(folder, name + suffix), ...benchArgs]);
  if (!result.ok) failed.push(name);
}
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
