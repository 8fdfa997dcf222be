import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './setup/root.mjs';

// npm run check:removable
//
// Deleting a folder of protocol/ and its line in the list of dialects removes that dialect whole: for each, a copy of
// the repository without it must pass type check, layers and build, and the tests of the other dialects.

const dialectFolders = readdirSync(join(root, 'src/protocol'), { withFileTypes: true });
const names = dialectFolders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
const bin = (path) => [process.execPath, join('node_modules', path)];

/** Without the import of the dialect, and without its name in the list. */
function withoutLineOf(name, list) {
  return list
    .split('\n')
    .filter((line) => !line.includes(`/${name}/`))
    .map((line) => (line.includes('[') ? line.replace(new RegExp(`\\b${name}\\b,? ?`), '') : line))
    .join('\n');
}

function copyWithout(name) {
  const folder = mkdtempSync(join(tmpdir(), `without-${name}-`));
  for (const file of files) {
    if (!file.startsWith(`src/protocol/${name}/`)) cpSync(join(root, file), join(folder, file));
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const list = join(folder, 'src/dialects.ts');
  writeFileSync(list, withoutLineOf(name, readFileSync(list, 'utf8')));
  return folder;
}

let isWhole = true;
for (const name of names) {
  const cwd = copyWithout(name);
  const others = names.filter((other) => other !== name).map((other) => `test/protocol/${other}`);
  const checks = {
    'type check and build': [...bin('typescript/bin/tsc'), '-p', 'src'],
    layers: [...bin('dependency-cruiser/bin/dependency-cruise.mjs'), 'src', '--config'],
    'tests of the others': [...bin('vitest/vitest.mjs'), 'run', '--project', 'unit', ...others],
  };
  for (const [what, [command, ...args]] of Object.entries(checks)) {
    const env = { ...process.env, NODE_ENV: 'test' };
    const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
    console.log(`without ${name}: ${what}: ${status === 0 ? 'ok' : 'FAILED'}`);
    if (status === 0) continue;
    isWhole = false;
    console.log(`${stdout}${stderr}`);
  }
  rmSync(cwd, { recursive: true });
}
process.exitCode = isWhole ? 0 : 1;
