import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCommandLine } from '../src/cli/commands.ts';
import { problemTable } from '../src/core/errors.ts';
import { metricTable } from '../src/core/meter.ts';
import { loadSettings, settingNames } from '../src/settings.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** The cells of the first table below a heading, without its head. */
function tableBelow(heading: string): string[][] {
  const [, below = ''] = readme.split(`\n${heading}\n`);
  const [table = ''] = /(?:^\|.*\n)+/m.exec(below) ?? [];
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

/** Everything in backticks. */
const names = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
/** What the defaults of lists, secrets and the like are called. */
const inWords = new Set(['–', 'none', 'all', 'any']);

describe('README', () => {
  it('lists every setting, and none besides', () => {
    const listed = tableBelow('## Settings').flatMap(([name]) => names(name));
    expect(listed.toSorted()).toEqual(settingNames.toSorted());
  });

  it('says the default of each', () => {
    const defaults: Readonly<Record<string, unknown>> = loadSettings({ env: {} });
    const rows = tableBelow('## Settings').filter(([, value = '']) => !inWords.has(value));
    expect(rows.length).toBeGreaterThan(15);
    for (const [name, value = ''] of rows) {
      expect(value.replaceAll('`', ''), name).toBe(String(defaults[names(name)[0] ?? '']));
    }
  });

  it('lists every problem code with its status', () => {
    const listed = tableBelow('### Problem codes').flatMap(([status, codes]) =>
      names(codes).map((code) => `${code} ${status}`),
    );
    const known = Object.entries(problemTable).map(([code, { status }]) => `${code} ${status}`);
    expect(listed.toSorted()).toEqual(known.toSorted());
  });

  it('lists every metric with its type and labels', () => {
    const listed = tableBelow('### Metrics').map(([name, type, labels]) => [
      names(name)[0],
      type,
      ...names(labels),
    ]);
    const known = Object.entries(metricTable).map(([name, { type, labels }]) => [name, type, ...labels]);
    expect(listed.toSorted()).toEqual(known.toSorted());
  });

  it('names only commands that there are', () => {
    const [, commands = ''] = /`node dist\/main\.js \[([^\]]+)\]`/.exec(readme) ?? [];
    const read = commands
      .replaceAll('\\', '')
      .split('|')
      .map((command) =>
        readCommandLine(command === 'tail URL' ? ['tail', 'ws://localhost:3000'] : [command], {}),
      );
    expect(read.map((invocation) => invocation.do)).toEqual([
      'serve',
      'demo',
      'engine',
      'halt',
      'halt',
      'tail',
    ]);
  });

  it('has a heading for each of its links', () => {
    const slug = (heading: string) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-');
    const headings = [...readme.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => slug(text));
    const links = [...readme.matchAll(/\]\(#([^)]+)\)/g)].map(([, target]) => target);
    expect(links.filter((target) => target !== undefined && !headings.includes(target))).toEqual([]);
  });
});
