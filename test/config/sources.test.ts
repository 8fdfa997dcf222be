import { describe, expect, it } from 'vitest';
import type { TestScope } from '../support/wait.ts';
import { configFile, faultsOf, load } from './set-up.ts';

const fileWith = (test: TestScope, ...sources: readonly object[]) => ({
  CONFIG_FILE: configFile(test, 'c.json', JSON.stringify({ sources })),
});

describe('Further sources', () => {
  it('are taken with everything that may be said of one', (test) => {
    const risk = {
      name: 'risk',
      path: '/api/risk?book=1',
      into: 'risk',
      everyCron: '*/5 * * * * *',
      timeoutMs: 50,
    };
    const desk = { name: 'desk_2', path: '/' };
    expect(load(fileWith(test, risk, desk)).sources).toEqual([risk, desk]);
  });

  it('tell their faults all at once, each by its place', (test) => {
    const faults = faultsOf(
      fileWith(
        test,
        { name: '2nd', path: '/x' },
        { name: 'a', path: '//evil.example', timeoutMs: 0 },
        { name: 'b', path: '/x', everyCron: 'often' },
        { name: 'c', path: '/x', every: 5 },
        { path: '/x' },
      ),
    );
    for (const place of ['sources.0.name', 'sources.1.path', 'sources.1.timeoutMs', 'sources.2.everyCron']) {
      expect(faults.find((line) => line.startsWith(`${place}: expected`) || line.startsWith(place))).toMatch(
        /\(given: .+\) in the config file$/,
      );
    }
    expect(faults).toContain('sources.3: every: no such setting');
    expect(faults.some((line) => line.startsWith('sources.4.name'))).toBe(true);
  });

  it.for([
    'state',
    'agents',
    'models',
    'redis',
    'gateway',
    'constructor',
    'prototype',
    '__proto__',
    '',
    'a b',
    'é',
  ])('may not be called %j', (name, test) => {
    const env = fileWith(test, { name, path: '/x' });
    expect(faultsOf(env)[0]).toMatch(/^sources\.0\.name: /);
  });

  it.for(['market', 'logs', 'status', 'timestamp', 'sources', 'agents', 'constructor', 'prototype'])(
    'may not fill the section %s',
    (into, test) => {
      const env = fileWith(test, { name: 'a', path: '/x', into });
      expect(faultsOf(env)[0]).toMatch(/^sources\.0\.into: /);
    },
  );

  it('may not share a name', (test) => {
    expect(faultsOf(fileWith(test, { name: 'a', path: '/x' }, { name: 'a', path: '/y' }))[0]).toMatch(
      /^sources: two sources have the same name/,
    );
  });

  it('may not share a section, of which each answer would replace the other', (test) => {
    const two = [
      { name: 'a', path: '/x', into: 'risk' },
      { name: 'b', path: '/y', into: 'risk' },
    ];
    expect(faultsOf(fileWith(test, ...two))[0]).toMatch(/^sources/);
  });

  it.for(['//evil.example/x', 'x', '', 'http://evil.example/', '\\\\evil.example', '/\\evil.example'])(
    'may not lead to %j',
    (path, test) => {
      const env = fileWith(test, { name: 'a', path });
      expect(faultsOf(env)[0]).toMatch(/^sources\.0\.path: /);
    },
  );
});
