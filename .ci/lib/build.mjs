import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
  writeFileSync(stampFile, stamp);
  return true;
}

/** Pages and other files that the compiler does not look at go along unchanged. */
function isFolderOrAsset(path) {
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
