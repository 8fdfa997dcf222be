import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuild } from './lib/build.mjs';
import { checkNodeVersion } from './lib/node-version.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { root } from './lib/root.mjs';
import { run } from './lib/run.mjs';

// npm run bench                        every benchmark in turn
// npm run bench -- fan-out --clients 5000   one of them, with arguments for it

const suffix = '.bench.ts';
const folder = join(root, 'test/bench');

const [first, ...rest] = process.argv.slice(2);
const one = first !== undefined && !first.startsWith('-') ? first : undefined;
const benchArgs = one === undefined ? process.argv.slice(2) : rest;

const available = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(suffix)) : [];
const names = available.map((file) => file.slice(0, -suffix.length)).sort();
if (names.length === 0 || (one !== undefined && !names.includes(one))) {
  console.error(
    one === undefined ? 'There is no benchmark in test/bench.' : `There is no benchmark named ${one}.`,
  );
  for (const name of names) console.error(`  npm run bench -- ${name}`);
  process.exit(1);
}

checkNodeVersion();
if (!(await ensurePackages()) || !(await ensureBuild())) process.exit(1);
mkdirSync(join(root, '.artifacts/bench'), { recursive: true });

const failed = [];
for (const name of one === undefined ? names : [one]) {
  console.log(`\n== ${name}`);
  const result = await run(process.execPath, ['--import', 'tsx', join(folder, name + suffix), ...benchArgs]);
  if (!result.ok) failed.push(name);
}
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
