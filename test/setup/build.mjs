import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';
import { run } from './run.mjs';

const stampFile = join(root, 'dist/.stamp');
/** What decides the result of `npm run build`, pages of documentation excepted. */
const inputs = ['src', 'package.json', 'package-lock.json', 'tsconfig.json'];

/** Runs `npm run build` where dist/ does not match the sources. Returns whether it matches now. */
export async function ensureBuild() {
  const stamp = hashOf(inputs);
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
    console.log('build: dist/ is up to date');
    return true;
  }
  console.log('build: npm run build');
  const { ok, output } = await run('npm', ['run', '--silent', 'build'], { quiet: true });
  if (ok) writeFileSync(stampFile, stamp);
  else console.error(`${output}\nbuild: failed, see the errors above`);
  return ok;
}

function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesAt)) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesAt(path) {
  if (/\.\w+$/.test(path)) return [path];
  return readdirSync(join(root, path), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();
}
