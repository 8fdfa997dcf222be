import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './root.mjs';
import { run } from './run.mjs';

const programs = {
  attw: '@arethetypeswrong/cli/dist/index.js',
  tsc: 'typescript/bin/tsc',
};

/** What an application may do with the SDK. */
const application = `
import { createTelemetryClient, type TelemetryClient } from 'telemetry-bff/client';
import { msgpack } from 'telemetry-bff/client/msgpack';
import { createSharedTelemetryClient } from 'telemetry-bff/client/share';
import { createFakeClient } from 'telemetry-bff/client/testing';
import { useTelemetry } from 'telemetry-bff/react';

const codec = { encoding: 'msgpack', codec: msgpack } as const;
const client: TelemetryClient = createTelemetryClient({ url: '.', WebSocket, fetch, ...codec });
client.select('market.price', (price) => price?.toFixed(2));
export const usePrice = (): number | null | undefined => useTelemetry(client, ({ market }) => market?.price);
export const shared: TelemetryClient = createSharedTelemetryClient({ url: '.', BroadcastChannel });
interface Own { readonly risk: { readonly var: number } }
const own = createFakeClient<Own>({ document: { risk: { var: 1 } } });
export const useRisk = (): number | undefined => useTelemetry(own, ({ risk }) => risk?.var);
`;
/** What that application has installed besides. */
const installed = ['msgpackr', 'react', '@types/react', 'csstype'];
const strictness = { noEmit: true, strict: true, target: 'es2022', lib: ['es2023', 'dom'], types: [] };
/** The two ways in which the compiler finds packages, with the module format that goes with each. */
const resolutions = { bundler: 'esnext', nodenext: 'nodenext' };

/** Packs the package and looks at it as those do who install it. Needs dist/. Returns whether all is well. */
export async function checkPackage() {
  const folder = mkdtempSync(join(tmpdir(), 'package-check-'));
  // Loaded here, as what it bundles with may just have been installed.
  const { checkSdkSize } = await import('./sdk-size.mjs');
  try {
    const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
    const packed = await run('npm', pack, { quiet: true });
    if (!packed.ok) return report('npm pack', packed);
    const tarball = join(folder, packed.output.trim().split('\n').at(-1) ?? '');
    const results = [
      report('publint', await lintPackage(tarball)),
      report('attw', await runProgram('attw', [tarball, '--profile', 'esm-only', '--no-color'])),
      await compileApplication(folder, tarball),
      await checkSdkSize(),
    ];
    return results.every(Boolean);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function lintPackage(tarball) {
  // Loaded here: the packages may just have been installed.
  const [{ publint }, { formatMessage }] = await Promise.all([import('publint'), import('publint/utils')]);
  const { buffer } = new Uint8Array(readFileSync(tarball));
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  const output = messages.map((message) => formatMessage(message, pkg)).join('\n');
  return { ok: messages.length === 0, output, reason: `${messages.length} findings` };
}

/** Compiled without `skipLibCheck` and with the strictness of most: it is our declarations that are looked at. */
async function compileApplication(folder, tarball) {
  const own = join(folder, 'node_modules/telemetry-bff');
  mkdirSync(own, { recursive: true });
  const unpacked = await run('tar', ['-xzf', tarball, '-C', own, '--strip-components=1'], { quiet: true });
  if (!unpacked.ok) return report('tar', unpacked);
  for (const name of installed) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link, 'junction');
  }
  writeFileSync(join(folder, 'application.mts'), application);
  const results = [];
  for (const [moduleResolution, module] of Object.entries(resolutions)) {
    const project = join(folder, `tsconfig.${moduleResolution}.json`);
    const compilerOptions = { ...strictness, module, moduleResolution };
    writeFileSync(project, JSON.stringify({ compilerOptions, files: ['application.mts'] }));
    const compiled = await runProgram('tsc', ['-p', project]);
    results.push(report(`an application with moduleResolution ${moduleResolution}`, compiled));
  }
  return results.every(Boolean);
}

function runProgram(name, args) {
  return run(process.execPath, [join(root, 'node_modules', programs[name]), ...args], { quiet: true });
}

function report(what, { ok, output, reason }) {
  if (ok) console.log(`package: ${what} finds nothing wrong`);
  else console.error(`package: ${what}: ${reason}\n${output}`);
  return ok;
}
