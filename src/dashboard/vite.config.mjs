import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync, constants as zlib } from 'node:zlib';

const target = fileURLToPath(new URL('../../dist/dashboard', import.meta.url));
/** Needs no building. */
const plainPage = 'websocket-test.html';
const compressible = /\.(js|css|svg)$/;
/** Less is not worth a second file. */
const minCompressBytes = 1024;

export default {
  // Relative addresses: the page works below any path of a proxy.
  base: './',
  build: {
    outDir: target,
    emptyOutDir: true,
    target: 'es2022',
    // A data: URL would need an exception in the page's Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  plugins: [
    {
      name: 'compressed-assets-and-plain-page',
      writeBundle() {
        compressFolder(join(target, 'assets'));
        copyFileSync(new URL(plainPage, import.meta.url), join(target, plainPage));
      },
    },
  ],
};

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
