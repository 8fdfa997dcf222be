import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isJsonObject, type JsonObject } from '../src/core/json.ts';
import { metricTable } from '../src/core/meter.ts';
import { loadSettings } from '../src/settings.ts';
import { claimedBlocks } from './support/claims.ts';
import { startGateway } from './support/gateway.ts';
import { type CodeBlock, codeBlocks, sdkModules } from './support/pages.ts';
import { type TestScope, useIn, waitFor } from './support/wait.ts';

/** What runs or checks every block of a language. */
const byLanguage: Readonly<Record<string, string>> = {
  json: 'parsed below',
  yaml: 'checked below',
  sh: 'test/shell-examples.port.test.ts',
  ts: 'compiled below',
};

/** Blocks that no test runs, and why: by their language, or by words that stand in them. */
const leftOut: readonly [which: (block: CodeBlock) => boolean, reason: string][] = [
  [
    ({ language }) => language === 'mermaid',
    'drawings; test/pages.test.ts compares the one with files in it',
  ],
  [
    ({ language }) => language === '',
    'what programs print; behind a prompt test/shell-examples.port.test.ts runs it',
  ],
  [
    ({ code }) => code.includes('/* zod schemas of its own settings */'),
    'a sketch of test/support/example-dialect.ts',
  ],
];

const metricLabels: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(metricTable).map(([name, { labels }]) => [name, labels]),
);

const blocksIn = (language: string): CodeBlock[] => codeBlocks.filter((block) => block.language === language);
const isLeftOut = (block: CodeBlock): boolean => leftOut.some(([isMeant]) => isMeant(block));

/** Every object in a document, however deep. */
function objectsIn(value: unknown): JsonObject[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  return isJsonObject(value) ? [value, ...Object.values(value).flatMap(objectsIn)] : [];
}

/** What a YAML document is, by the key that only such a one has. */
const yamlKinds = {
  services: checkCompose,
  ENGINE_URL: checkConfigFile,
  livenessProbe: checkPaths,
  scrape_configs: checkPaths,
  groups: checkRules,
} as const satisfies Record<string, (document: JsonObject, test: TestScope, code: string) => unknown>;

/** The services get only settings that there are, with values that are allowed. */
function checkCompose({ services }: JsonObject): void {
  for (const { environment } of objectsIn(services)) {
    if (!isJsonObject(environment)) continue;
    const env = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]));
    expect(loadSettings({ env })).toHaveProperty('ENGINE_URL', env.ENGINE_URL);
  }
}

function checkConfigFile(document: JsonObject, test: TestScope, code: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  test.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, code);
  expect(loadSettings({ env: { CONFIG_FILE: file } })).toMatchObject(document);
}

/** The paths that others are told to ask for are served. */
async function checkPaths(document: JsonObject, test: TestScope): Promise<void> {
  const gateway = await useIn(test, startGateway());
  await waitFor('readiness', async () => (await fetch(`${gateway.url}/readyz`)).ok);
  const paths = objectsIn(document).flatMap(({ path, job_name: job, metrics_path = '/metrics' }) =>
    [path, job === undefined ? undefined : metrics_path].filter((each) => typeof each === 'string'),
  );
  expect(paths.length).toBeGreaterThan(0);
  for (const path of paths) expect((await fetch(gateway.url + path)).status, path).toBe(200);
}

/** Rules of Prometheus ask for metrics that there are, by labels that these have. */
async function checkRules(document: JsonObject, test: TestScope): Promise<void> {
  const gateway = await useIn(test, startGateway());
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const known = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name).concat('up'));
  const expressions = objectsIn(document).flatMap(({ expr }) => (typeof expr === 'string' ? [expr] : []));
  expect(expressions.length).toBeGreaterThan(0);
  for (const expression of expressions) {
    const named = [...expression.matchAll(/\b(up|(?:bff|nodejs|process)_\w+)(?:\{([^}]*)\})?/g)];
    expect(named.length, expression).toBeGreaterThan(0);
    for (const [, name = '', selector = ''] of named) {
      expect(known, expression).toContain(name);
      const labels = [...selector.matchAll(/(\w+)\s*[=!]/g)].map(([, label]) => label ?? '');
      const own = metricLabels[name] ?? [];
      expect(['job', 'instance', ...own], `${name} in ${expression}`).toEqual(expect.arrayContaining(labels));
    }
  }
}

describe('The code blocks of the pages', () => {
  it('are each run or checked by a test, or left out for a reason', () => {
    const unseen = codeBlocks.filter(
      (block) => !claimedBlocks.has(block) && byLanguage[block.language] === undefined && !isLeftOut(block),
    );
    // A test that runs one takes it from its page by codeWith or exampleOf.
    expect(unseen.map(({ place, language }) => `${place}: ${language}`)).toEqual([]);
  });

  it('have no reason to be left out that none needs', () => {
    for (const [isMeant, reason] of leftOut) expect(codeBlocks.some(isMeant), reason).toBe(true);
  });

  it.for(blocksIn('json').map(({ place, code }) => [place, code] as const))(
    'in JSON, %s, are valid',
    ([, code]) => {
      expect(() => JSON.parse(code)).not.toThrow();
    },
  );

  it('in TypeScript compile against the SDK', (test) => {
    const artifacts = fileURLToPath(new URL('../.artifacts/', import.meta.url));
    mkdirSync(artifacts, { recursive: true });
    const folder = mkdtempSync(join(artifacts, 'types-'));
    test.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const files = blocksIn('ts')
      .filter((block) => !isLeftOut(block))
      .map(({ code }, index) => {
        const file = join(folder, `${index}.ts`);
        writeFileSync(file, code);
        return file;
      });
    expect(files.length).toBeGreaterThan(0);
    const program = ts.createProgram(files, {
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      allowImportingTsExtensions: true,
      lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
      types: [],
      paths: Object.fromEntries(Object.entries(sdkModules).map(([name, file]) => [name, [file]])),
    });
    const faults = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    expect(faults).toEqual([]);
  });

  it.for(blocksIn('yaml').map(({ place, code }) => [place, code] as const))(
    'in YAML, %s, say what the gateway has',
    async ([, code], test) => {
      const document: unknown = parse(code);
      if (!isJsonObject(document)) throw new Error('it is no map');
      const kinds = Object.entries(yamlKinds).filter(([key]) => key in document);
      expect(kinds).toHaveLength(1);
      for (const [, check] of kinds) await check(document, test, code);
    },
  );
});
