import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { json } from '../../src/demo/reply.ts';
import { createRouteFinder, type Route } from '../../src/demo/route.ts';

const routeNamed = (name: string): Route => ({ GET: () => json(200, name) });
const [list, one, logs, health] = ['list', 'one', 'logs', 'health'].map(routeNamed);
if (!list || !one || !logs || !health) throw new Error('four routes');
const find = createRouteFinder({
  '/things': list,
  '/things/:name': one,
  '/things/:name/logs': logs,
  '/things/health': health,
});

describe('route finder', () => {
  it('finds a path and what stands for its name', () => {
    expect(find('/things')).toEqual({ route: list, name: '' });
    expect(find('/things/a.b-c_1')).toEqual({ route: one, name: 'a.b-c_1' });
    expect(find('/things/a/logs')).toEqual({ route: logs, name: 'a' });
    expect(find('/things/caf%C3%A9')).toEqual({ route: one, name: 'café' });
    expect(find('/things/:name')).toEqual({ route: one, name: ':name' });
    expect(find('/things/a%2Flogs')).toEqual({ route: one, name: 'a/logs' });
  });

  it('prefers a path that is written out to a pattern', () => {
    expect(find('/things/health')).toEqual({ route: health, name: '' });
  });

  it.each([
    '/',
    '/thing',
    '/things/',
    '/things//logs',
    '/things/a/',
    '/things/a/logs/',
    '/things/a/b',
    '/things/%',
    '/things/%ff/logs',
    '/toString',
    '/__proto__',
  ])('finds nothing at %s', (path) => expect(find(path)).toBeUndefined());

  it('never throws, whatever the path', () => {
    const segment = fc.oneof(fc.constantFrom('things', 'logs', ':name', '', '%', '..'), fc.string());
    fc.assert(
      fc.property(fc.array(segment), (segments) => {
        const found = find(`/${segments.join('/')}`);
        if (found !== undefined && found.route !== list && found.route !== health)
          expect(found.name).not.toBe('');
      }),
    );
  });
});
