import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Gateway } from '../src/app.ts';
import { readCommandLine } from '../src/cli/commands.ts';
import { problemTable } from '../src/core/errors.ts';
import { metricTable } from '../src/core/meter.ts';
import { usualCloses } from '../src/deliver/closes.ts';
import { loadSettings, settingNames } from '../src/settings.ts';
import { nowhere } from './support/gateway.ts';
import { createMemoryLog } from './support/memory-log.ts';
import { anchorsOf, isInRepository, names, pages, tablesIn } from './support/pages.ts';

const everything = pages.map(({ text }) => text).join('\n');

/** The same of all pages. */
const tablesOf = (...head: readonly string[]): string[][] => tablesIn(everything, ...head);

/** What the defaults of lists, secrets and the like are called. */
const inWords = new Set(['–', 'none', 'all', 'any']);

/** The trips through the code: files in the order in which they are called, and the calls. */
const trips = pages
  .filter(({ path }) => path === 'ARCHITECTURE.md')
  .flatMap(({ text }) => text.split(/^### /m))
  .map((section) => tablesIn(section, 'file', 'call'))
  .filter((rows) => rows.length > 0)
  .map((rows) => rows.map(([file, calls]) => ({ path: names(file)[0] ?? '', calls: names(calls) })));

/** Names written like settings and problem codes that are neither. */
const otherNames = [
  'CONFIG_FILE',
  'TELEMETRY_TOKEN',
  'NODE_OPTIONS',
  'COMPOSE_PROFILES',
  'NODE_EXTRA_CA_CERTS',
  'BENCH_NODE',
  'BENCH_SERVER_FLAGS',
  'IS_REACT_ACT_ENVIRONMENT',
  // A code of the SDK, and a word of engines.
  'NOT_CONNECTED',
  'ALREADY_HALTED',
  // What React asks for in tests.
  'IS_REACT_ACT_ENVIRONMENT',
];

/** Links to a place in this repository: the page that has them, the file they lead to, and the heading. */
const links = pages.flatMap((page) =>
  [...page.prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? page.path : posix.join(posix.dirname(page.path), file);
    return [{ from: `${page.path}: ${target}`, path, anchor }];
  }),
);

/** Each layer, in backticks as a table has it, and those that it may import. */
function layersChecked(): string[][] {
  const { forbidden }: { readonly forbidden: readonly { readonly comment?: string }[] } = createRequire(
    import.meta.url,
  )('../.dependency-cruiser.cjs');
  return forbidden.flatMap(({ comment = '' }) => {
    const [, layer, below = ''] = /^(\w+)\/ may import (.*)$/.exec(comment) ?? [];
    if (layer === undefined) return [];
    return [[`\`${layer}\``, ...(below === 'no other layer' ? [] : below.split(', '))]];
  });
}

/** The endpoints of all dialects. */
const { served } = new Gateway({
  settings: { ...loadSettings({ env: {} }), ENGINE_URL: nowhere },
  log: createMemoryLog(),
});

describe('The documentation', () => {
  it('lists every setting, and none besides', () => {
    const listed = new Set(tablesOf('name', 'default').flatMap(([name]) => names(name)));
    expect([...listed].toSorted()).toEqual(settingNames.toSorted());
  });

  it('says the default of each', () => {
    const defaults: Readonly<Record<string, unknown>> = loadSettings({ env: {} });
    const rows = tablesOf('name', 'default').filter(([, value = '']) => !inWords.has(value));
    expect(rows.length).toBeGreaterThan(15);
    for (const [name, value = ''] of rows) {
      expect(value.replaceAll('`', ''), name).toBe(String(defaults[names(name)[0] ?? '']));
    }
  });

  it('lists every problem code with its status', () => {
    const listed = tablesOf('status', 'code').flatMap(([status, codes]) =>
      names(codes).map((code) => `${code} ${status}`),
    );
    const known = Object.entries(problemTable).map(([code, { status }]) => `${code} ${status}`);
    expect(listed.toSorted()).toEqual(known.toSorted());
  });

  it('gives the same status for the codes of commands', () => {
    const rows = tablesOf('`ERROR` code', 'HTTP');
    expect(rows.length).toBeGreaterThan(5);
    const known: Readonly<Record<string, { readonly status: number }>> = problemTable;
    for (const [code, status] of rows) expect(known[names(code)[0] ?? '']?.status, code).toBe(Number(status));
  });

  it('lists every metric with its type and labels', () => {
    const listed = tablesOf('metric').map(([name, type, labels]) => [names(name)[0], type, ...names(labels)]);
    const known = Object.entries(metricTable).map(([name, { type, labels }]) => [name, type, ...labels]);
    expect(listed.toSorted()).toEqual(known.toSorted());
  });

  it('gives the close codes that are in use', () => {
    const rows = tablesOf('code', 'reason').filter(([, reason]) => names(reason).length > 0);
    expect(rows.length).toBeGreaterThan(3);
    const known: Readonly<Record<string, { readonly code: number }>> = usualCloses;
    for (const [code, reason] of rows) expect(known[names(reason)[0] ?? '']?.code, reason).toBe(Number(code));
  });

  it('names only commands that there are', () => {
    const [, commands = ''] = /`node dist\/main\.js \[([^\]]+)\]`/.exec(everything) ?? [];
    const read = commands
      .replaceAll('\\', '')
      .split('|')
      .map((command) => readCommandLine(command.split(' ')));
    expect(read.map((invocation) => invocation.do)).toEqual([
      'serve',
      'demo',
      'engine',
      'health',
      'halt',
      'resume',
      'tail',
    ]);
  });

  it('lists every benchmark, and none besides', () => {
    const listed = new Set(tablesOf('`npm run bench --`').flatMap(([name]) => names(name)));
    const files = readdirSync(new URL('bench/', import.meta.url)).filter((file) =>
      file.endsWith('.bench.ts'),
    );
    expect([...listed].toSorted()).toEqual(files.map((file) => file.replace('.bench.ts', '')).toSorted());
  });

  it('states the layers as they are checked', () => {
    const listed = tablesOf('layer', 'owns', 'may import').map(([layer, , below]) => [
      layer,
      ...names(below),
    ]);
    expect(listed.toSorted()).toEqual(layersChecked().toSorted());
  });

  it('leads on each trip through 15 files at most, by calls that there are', () => {
    expect(trips).toHaveLength(4);
    for (const trip of trips) {
      expect(trip.length).toBeLessThanOrEqual(15);
      for (const { path, calls } of trip) {
        const source = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
        for (const call of calls) expect(source, `${call} in ${path}`).toContain(call);
      }
    }
  });

  it('draws one of them with its files', () => {
    const drawn = [...everything.matchAll(/^ *participant \w+ as (\S+\.ts)$/gm)].map(([, file = '']) => file);
    expect(drawn.length).toBeGreaterThan(5);
    const [first = []] = trips;
    expect(drawn.filter((file) => !first.some(({ path }) => path.endsWith(`/${file}`)))).toEqual([]);
  });

  it('describes every endpoint of each dialect, and every message of it', () => {
    expect(served.length).toBeGreaterThan(5);
    for (const { dialect, path, endpoint } of served) {
      const { prose = '' } = pages.find((page) => page.path === `src/protocol/${dialect}/README.md`) ?? {};
      expect(prose, path).toContain(path);
      for (const type of Object.keys({ ...endpoint.hears, ...endpoint.tells })) {
        expect(prose, `${type} of ${path}`).toMatch(
          new RegExp(`^\\| [^|]*(?:\`${type}\`|"type":"${type}")`, 'm'),
        );
      }
    }
  });

  it('names only events of Socket.IO that there are', () => {
    const endpoints = served.filter(({ transport }) => transport === 'socket.io');
    expect(endpoints.length).toBeGreaterThan(0);
    for (const { dialect, endpoint } of endpoints) {
      const { text = '' } = pages.find((page) => page.path === `src/protocol/${dialect}/README.md`) ?? {};
      const events = (...head: readonly string[]): string[] =>
        tablesIn(text, 'event', ...head).flatMap(([event]) => names(event));
      expect(events('payload', 'answer').toSorted()).toEqual(Object.keys(endpoint.hears).toSorted());
      expect(events('payload', 'when').toSorted()).toEqual(Object.keys(endpoint.tells).toSorted());
    }
  });

  it('has a heading for each of its links', () => {
    const missing = links.filter(({ path, anchor }) => {
      const page = pages.find((one) => one.path === path);
      return anchor !== undefined && (page === undefined || !anchorsOf(page).has(anchor));
    });
    expect(missing.map(({ from }) => from)).toEqual([]);
  });

  it('has a file for each of its links', () => {
    expect(links.filter(({ path }) => !isInRepository(path)).map(({ from }) => from)).toEqual([]);
  });

  it('names only files that there are', () => {
    const missing = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/(?<![\w./-])(?:src|test)\/[\w./-]*[\w/]/g)]
        .filter(([name]) => !isInRepository(name))
        .map(([name]) => `${path}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it('names only settings and codes that there are', () => {
    const known = new Set([...settingNames, ...Object.keys(problemTable), ...otherNames]);
    const missing = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g)]
        .filter(([name]) => !known.has(name))
        .map(([name]) => `${path}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it('begins with a page of 15 KB at most', () => {
    const { text = '' } = pages.find(({ path }) => path === 'README.md') ?? {};
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(15 * 1024);
  });
});
