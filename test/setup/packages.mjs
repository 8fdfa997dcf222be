import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';
import { run } from './run.mjs';

/** Installs the npm packages where they differ from package-lock.json. Returns whether they are there now. */
export async function ensurePackages() {
  if (packagesAreInstalled()) {
    console.log('npm packages: as in package-lock.json');
    return true;
  }
  console.log('npm packages: installing (npm ci)');
  // --include=dev: NODE_ENV=production would leave out the compiler and the test tools.
  const result = await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund']);
  if (!result.ok) console.error(`npm packages: not installed, ${result.reason}`);
  return result.ok;
}

/**
 * Compares package-lock.json with npm's own record of what it put into node_modules,
 * so that an `npm ci` or `npm install` run by hand counts too.
 */
function packagesAreInstalled() {
  const record = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = readJson('package-lock.json').packages;
  if (!sameDependencies(readJson('package.json'), wanted[''])) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || !isNeededHere(entry) || installed[path]?.version === entry.version,
  );
}

function sameDependencies(manifest, lockRoot) {
  return ['dependencies', 'devDependencies'].every(
    (kind) => JSON.stringify(sorted(manifest[kind])) === JSON.stringify(sorted(lockRoot[kind])),
  );
}

function sorted(dependencies = {}) {
  return Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Optional packages made for certain machines: which of them npm took is npm's own affair. */
function isNeededHere(entry) {
  return !entry.optional && !entry.devOptional;
}

function readJson(name) {
  return JSON.parse(readFileSync(join(root, name), 'utf8'));
}
