import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildDashboard } from './dashboard.mjs';
import { root } from './root.mjs';
import { run } from './run.mjs';

const source = join(root, 'src');
const target = join(root, 'dist');
const stampFile = join(target, '.stamp');

/** What decides the build's result besides src/. */
const otherInputs = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  '.ci/tsconfig.build.json',
  '.ci/lib/build.mjs',
  '.ci/lib/dashboard.mjs',
  '.ci/lib/sdk-size.mjs',
];

/** Builds dist/ where it does not match the sources. Returns whether it matches now. */
export async function ensureBuild() {
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === inputsHash()) {
    console.log('build: dist/ is up to date');
    return true;
  }
  return build();
}

/** Makes dist/ from nothing. The stamp comes last, so a build that failed is made again. */
export async function build() {
  console.log('build: compiling src/ to dist/');
  const stamp = inputsHash();
  rmSync(target, { recursive: true, force: true });
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const result = await run(process.execPath, [compiler, '-p', '.ci/tsconfig.build.json']);
  if (!result.ok) {
    console.error('build: failed, see the errors above');
    return false;
  }
  cpSync(source, target, { recursive: true, filter: isFolderOrAsset });
  try {
    await buildDashboard();
  } catch (error) {
    console.error('build: the dashboard failed,', error);
    return false;
  }
  // Loaded here: what it bundles with is not installed yet when a first build begins.
  const { checkSdkSize } = await import('./sdk-size.mjs');
  if (!(await checkSdkSize())) return false;
  writeFileSync(stampFile, stamp);
  return true;
}

/** Files that the compiler does not look at go along unchanged. The dashboard is built by itself. */
function isFolderOrAsset(path) {
  if (path === join(source, 'dashboard')) return false;
  return statSync(path).isDirectory() || !/\.tsx?$/.test(path);
}

function inputsHash() {
  const hash = createHash('sha256');
  for (const path of [...filesUnder('src'), ...otherInputs]) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesUnder(folder) {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesUnder(path) : [path];
    });
}
