import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { root } from './root.mjs';

/** What an application loads for each entry of the SDK, and the most it may be: minified and gzipped. */
const entries = [
  // 1.2 KiB of it are `freshness.of`, `maxAgeMs`, and no document before the engine has spoken: what keeps a dead
  // engine's figures from being shown as live is no part that an application could leave out. Another 1.1 KiB bring a
  // HALT to the gateway by every way there is: it must not depend on code that is still to be loaded. And 1 KiB tells a
  // refusal from a gateway that is away, and a token that has expired from a clock that is wrong: what decides whether
  // to try again has to be there when that is decided. A last 0.2 KiB are the seam by which tabs share a connection.
  { name: 'telemetry-bff/client', file: 'dist/client/index.js', maxBytes: 11.5 * 1024 },
  // In place of `telemetry-bff/client`, which is in it.
  { name: 'telemetry-bff/client/share', file: 'dist/client/share/index.js', maxBytes: 15.5 * 1024 },
  // In tests only. The size says that it is made of parts of the client, and not of a client beside it.
  { name: 'telemetry-bff/client/testing', file: 'dist/client/testing.js', maxBytes: 7 * 1024 },
  { name: 'telemetry-bff/client/msgpack', file: 'dist/client/msgpack.js', maxBytes: 7 * 1024 },
  { name: 'telemetry-bff/react', file: 'dist/client/react.js', maxBytes: 1024 },
];

/** Prints the size of each entry of the SDK in dist/. Returns whether none is over its limit. */
export async function checkSdkSize() {
  let ok = true;
  for (const { name, file, maxBytes } of entries) {
    const bytes = await bundledBytes(join(root, file));
    const verdict = `${kibibytes(bytes)} of ${kibibytes(maxBytes)} KiB gzipped`;
    if (bytes <= maxBytes) {
      console.log(`size: ${name} ${verdict}`);
    } else {
      ok = false;
      console.error(`size: ${name} is too large: ${verdict}`);
    }
  }
  return ok;
}

/** Bundled the way an application would for browsers, with its own React. */
async function bundledBytes(entry) {
  const result = await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      // Vite leaves a library of ES modules half-minified, so that an application can shake it; here it is one.
      rolldownOptions: {
        input: entry,
        external: ['react'],
        preserveEntrySignatures: 'strict',
        output: { format: 'es', codeSplitting: false, minify: true },
      },
    },
  });
  const { output } = Array.isArray(result) ? result[0] : result;
  const code = output.map((file) => (file.type === 'chunk' ? file.code : '')).join('');
  return gzipSync(code, { level: 9 }).length;
}

function kibibytes(bytes) {
  return (bytes / 1024).toFixed(2);
}
