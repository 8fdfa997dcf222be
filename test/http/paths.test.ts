import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aliasFault, aliasFaults, Paths } from '../../src/http/paths.ts';

const own = {
  served: ['/', '/ws/stream', '/ws/instances/:name/logs', '/livez', '/api/telemetry', '/api/telemetry/halt'],
  pages: ['/', '/websocket-test', '/assets/:name'],
  commands: new Map([['/api/system/halt', '/api/telemetry/halt']]),
};
const faults = (...entries: string[]) => aliasFaults(entries, own);

describe('A path', () => {
  const paths = new Paths([
    '/api/ws/stream=/ws/stream',
    '/live/=/',
    '/logs/:name=/ws/instances/:name/logs',
    '/v1/:team/:name/tail=/ws/:team/:name',
  ]);

  it.for([
    ['/ws/stream', '/ws/stream'],
    ['/ws/stream/', '/ws/stream'],
    ['/ws/stream//', '/ws/stream//'],
    ['/', '/'],
    ['//', '//'],
    ['', ''],
    ['/api/ws/stream', '/ws/stream'],
    ['/api/ws/stream/', '/ws/stream'],
    ['/api/ws/stream//', '/api/ws/stream//'],
    ['/api/ws/stream/x', '/api/ws/stream/x'],
    ['/API/ws/stream', '/API/ws/stream'],
    ['/live', '/'],
    ['/logs/agent-1', '/ws/instances/agent-1/logs'],
    ['/logs/a%2Fb', '/ws/instances/a%2Fb/logs'],
    ['/logs/$&/', '/ws/instances/$&/logs'],
    ['/logs', '/logs'],
    ['/logs/', '/logs'],
    ['/logs//', '/logs//'],
    ['/v1/a/b/tail', '/ws/a/b'],
  ] as const)('is routed past one slash and by what it is an alias of: %s', ([path, routed]) => {
    expect(paths.routed(path)).toBe(routed);
  });

  it('goes on to the engine as it is, unless it is an alias', () => {
    expect(paths.forwarded('/api/orders/')).toBe('/api/orders/');
    expect(paths.forwarded('/api/ws/stream/')).toBe('/ws/stream');
  });

  it('is routed the same however often', () => {
    const path = fc
      .array(fc.constantFrom('/', 'api', 'ws', 'stream', 'logs', 'live', ':name', 'x'), { maxLength: 8 })
      .map((parts) => `/${parts.join('')}`);
    const once = (text: string) => paths.routed(text);
    fc.assert(
      fc.property(
        path.filter((text) => !text.endsWith('/')),
        (text) => once(once(text)) === once(text),
      ),
    );
  });
});

describe('An entry of PATH_ALIASES', () => {
  it.for([
    '/api/ws/stream=/ws/stream',
    '/api/ws/stream/=/ws/stream/',
    '/live=/',
    '/a.b/~c/d-e/f_g=/ws/stream',
    '/logs/:name=/ws/instances/:name/logs',
    '/:b/:a/x=/ws/:a/:b',
    '/...=/ws/stream',
  ])('is two paths: %s', (entry) => expect(aliasFault(entry)).toBeUndefined());

  it.for([
    '',
    '=',
    '/a',
    '/a=',
    '=/a',
    '/=/ws/stream',
    'a=/b',
    '/a=b',
    '/a=/b=/c',
    '/a//=/b',
    '//a=/b',
    '/a?x=/b',
    '/a%20b=/c',
    '/a/../b=/c',
    '/a/.=/c',
    '/a/*=/c',
    '/a b=/c',
    '/a=http://b/c',
    '/a/:=/c/:',
    '/a\\b=/c',
  ])('is refused with an example where it is not: %j', (entry) => {
    expect(aliasFault(entry)).toContain(
      `"${entry}" is no alias – expected other paths for ours, such as /api/ws/stream=/ws/stream,`,
    );
  });

  it.for(['/a/:x=/b', '/a=/b/:x', '/a/:x=/b/:y', '/a/:x/:x=/b/:x', '/a/:x=/b/:x/:x'])(
    'has the same names on both sides: %s',
    (entry) => expect(aliasFault(entry)).toContain('different names behind colons'),
  );
});

describe('Path aliases', () => {
  it('may be what is not served, for what is', () => {
    const aliases = [
      '/api/ws/stream=/ws/stream',
      '/live=/',
      '/healthz=/livez',
      '/logs/:x=/ws/instances/:x/logs',
    ];
    expect(faults(...aliases, '/logs-of-one=/ws/instances/one/logs', '/WS/stream=/ws/stream')).toEqual([]);
  });

  it.for([
    ['/a=/ws/strem', 'nothing is served at /ws/strem'],
    ['/a=/WS/stream', 'nothing is served at /WS/stream'],
    ['/a/:x=/ws/:x', 'nothing is served at /ws/:x'],
    ['/a=/ws/instances', 'nothing is served at /ws/instances'],
    ['/console=/websocket-test', 'nothing is served at /websocket-test'],
    ['/a/:x=/assets/:x', 'nothing is served at /assets/:x'],
  ] as const)('are for nothing else: %s', ([entry, fault]) => {
    const paths = '/, /api/telemetry, /api/telemetry/halt, /livez, /ws/instances/:name/logs, /ws/stream';
    expect(faults(entry)).toEqual([`PATH_ALIASES: "${entry}": ${fault} – expected one of ${paths}`]);
  });

  it.for([
    ['/livez=/ws/stream', '/livez'],
    ['/ws/stream=/ws/stream', '/ws/stream'],
    ['/ws/instances/a/logs=/ws/stream', '/ws/instances/:name/logs'],
    ['/:x=/ws/instances/:x/logs', '/livez'],
    ['/websocket-test=/ws/stream', '/websocket-test'],
    ['/assets/x.js=/ws/stream', '/assets/:name'],
  ] as const)('hide nothing that is served: %s', ([entry, hidden]) => {
    const [fault] = faults(entry);
    expect(fault).toBe(
      `PATH_ALIASES: "${entry}": it would hide ${hidden} – expected a path that is not served yet`,
    );
  });

  it('leave a command of the engine what it is', () => {
    expect(faults('/api/system/halt=/api/telemetry/halt')).toEqual([]);
    for (const path of ['/api/system/halt', '/api/System/HALT', '/api/system/:x']) {
      const target = path.includes(':') ? '/ws/instances/:x/logs' : '/api/telemetry';
      expect(faults(`${path}=${target}`)).toEqual([
        expect.stringContaining(
          'it would hide the command /api/system/halt – expected /api/system/halt=/api/telemetry/halt',
        ),
      ]);
    }
  });

  it('are each for a path of its own', () => {
    expect(faults('/a=/livez', '/a/=/ws/stream')).toEqual([
      'PATH_ALIASES: "/a/=/ws/stream": "/a=/livez" is for the same path – expected one of them',
    ]);
    expect(faults('/l/:x=/ws/instances/:x/logs', '/l/a=/livez')).toHaveLength(1);
  });
});
