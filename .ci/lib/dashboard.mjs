import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync, constants as zlib } from 'node:zlib';
import { root } from './root.mjs';

const source = join(root, 'src/dashboard');
const target = join(root, 'dist/dashboard');
const stampFile = join(target, '.stamp');
/** Needs no building. */
const plainPage = 'websocket-test.html';

/** What decides the result. */
const inputs = [
  'src/dashboard',
  'src/client',
  'src/core',
  'src/wire',
  'package-lock.json',
  '.ci/lib/dashboard.mjs',
];
const compressible = /\.(js|css|svg)$/;
/** Less is not worth a second file. */
const minCompressBytes = 1024;

/** Builds dist/dashboard/ where it does not match the sources, for tests that run src/ as it is. */
export async function ensureDashboard() {
  if (!isUpToDate(inputsHash())) await buildDashboard({ quiet: true });
}

/**
 * Makes dist/dashboard/ from nothing: beside it first, so that whoever builds or reads it at the same time never
 * sees half of it. Prints the sizes of the bundles unless `quiet`. Rejects where it cannot be built.
 */
export async function buildDashboard({ quiet = false } = {}) {
  // Not at the top: this module is loaded before the packages are installed.
  const { build } = await import('vite');
  const stamp = inputsHash();
  const folder = `${target}.${process.pid}`;
  try {
    await build({
      configFile: false,
      root: source,
      // Relative addresses: the page works below any path of a proxy.
      base: './',
      logLevel: quiet ? 'error' : 'info',
      build: {
        outDir: folder,
        emptyOutDir: false,
        target: 'es2022',
        // A data: URL would need an exception in the page's Content-Security-Policy.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
      },
    });
    compressFolder(join(folder, 'assets'));
    copyFileSync(join(source, plainPage), join(folder, plainPage));
    writeFileSync(join(folder, '.stamp'), stamp);
    // Tests in several processes build at the same time: the first one's result is used by then.
    if (isUpToDate(stamp)) return;
    rmSync(target, { recursive: true, force: true });
    renameSync(folder, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `name.br` and `name.gz` beside each file that becomes smaller by it: compressed once, as well as can be. */
function compressFolder(folder) {
  for (const name of readdirSync(folder).filter((file) => compressible.test(file))) {
    const path = join(folder, name);
    const content = readFileSync(path);
    if (content.length < minCompressBytes) continue;
    const params = {
      [zlib.BROTLI_PARAM_QUALITY]: zlib.BROTLI_MAX_QUALITY,
      [zlib.BROTLI_PARAM_SIZE_HINT]: content.length,
    };
    writeFileSync(`${path}.br`, brotliCompressSync(content, { params }));
    writeFileSync(`${path}.gz`, gzipSync(content, { level: zlib.Z_BEST_COMPRESSION }));
  }
}

function isUpToDate(stamp) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
}

function inputsHash() {
  const hash = createHash('sha256');
  for (const path of inputs.flatMap(filesAt)) {
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
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();
}
