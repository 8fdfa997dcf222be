import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DemoEngine } from '../../src/demo/engine.ts';

const engine = new DemoEngine({ port: 0, activity: 0 });
let url: string;

beforeAll(async () => {
  ({ url } = await engine.start());
});
afterAll(() => engine.stop());

const get = async (path: string) => {
  const response = await fetch(url + path);
  return { status: response.status, body: await response.json() };
};
const unknown = (name: string) => ({
  status: 404,
  body: { error: 'instance_not_found', message: `no instance named '${name}'` },
});

describe('route finder', () => {
  it('finds a path and what stands for its name', async () => {
    expect(await get('/api/instances')).toMatchObject({
      status: 200,
      body: { instances: expect.any(Array) },
    });
    expect(await get('/api/instances/agent-1')).toMatchObject({ status: 200, body: { name: 'agent-1' } });
    expect(await get('/api/instances/agent-1/logs')).toMatchObject({
      status: 200,
      body: { lines: expect.any(Array) },
    });
    expect(await get('/api/instances/caf%C3%A9')).toEqual(unknown('café'));
    expect(await get('/api/instances/:name')).toEqual(unknown(':name'));
    expect(await get('/api/instances/a%2Flogs')).toEqual(unknown('a/logs'));
  });

  it.each([
    '/',
    '/api/instance',
    '/api/instances/',
    '/api/instances//logs',
    '/api/instances/a/',
    '/api/instances/a/logs/',
    '/api/instances/a/b',
    '/toString',
    '/__proto__',
  ])('finds nothing at %s', async (path) => {
    expect(await get(path)).toEqual({ status: 404, body: { error: 'not found', path } });
  });

  it('never throws, whatever the path', async () => {
    const segment = fc.oneof(
      fc.constantFrom('api', 'instances', 'logs', ':name', '', '%', '%ff'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(segment), async (segments) => {
        const target = segments
          .map((text) => text.replaceAll(/[^!-~]|[?#\\]/g, encodeURIComponent))
          .join('/');
        expect([200, 404]).toContain((await fetch(`${url}/api/${target}`)).status);
      }),
    );
  });
});
