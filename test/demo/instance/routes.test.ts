import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DemoEngine } from '../../../src/demo/engine.ts';

let engine: DemoEngine;
let url: string;
let events: unknown[];

beforeEach(async () => {
  events = [];
  const publish = (channel: string, message: string) => void events.push([channel, JSON.parse(message)]);
  engine = new DemoEngine({ port: 0, stepMs: 60_000, eventsPerSecond: 0, activity: 0, publish });
  ({ url } = await engine.start());
});
afterEach(() => engine.stop());

async function call(method: string, path: string, body?: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const init = body === undefined ? { method } : { method, body: text };
  const response = await fetch(`${url}/api/instances${path}`, init);
  return { status: response.status, body: await response.json() };
}

describe('demo engine instances', () => {
  it('are listed, with the archived ones where asked for', async () => {
    expect(await call('GET', '')).toEqual({ status: 200, body: { instances: engine.instances.list(false) } });
    expect(await call('GET', '?include_archived=false')).toEqual(await call('GET', ''));
    const all = await call('GET', '?include_archived=true');
    expect(all.body).toEqual({ instances: engine.instances.list(true) });
    expect(engine.instances.list(true)).toHaveLength(6);
    expect(await call('GET', '/agent-6')).toMatchObject({ status: 200, body: { name: 'agent-6' } });
    expect(await call('GET', '?include_archived=yes')).toMatchObject({
      status: 400,
      body: { field: 'include_archived' },
    });
  });

  it('live from creation to deletion, each change published before it is answered', async () => {
    const steps = [
      ['POST', '', { name: 'x', port: 19_000 }, 201, 'instance_created'],
      ['POST', '/x/start', undefined, 200, 'status_changed'],
      ['POST', '/x/restart', undefined, 200, 'status_changed'],
      ['POST', '/x/stop', undefined, 200, 'status_changed'],
      ['POST', '/x/archive', undefined, 200, 'instance_archived'],
      ['POST', '/x/unarchive', undefined, 200, 'instance_unarchived'],
      ['DELETE', '/x', undefined, 200, 'instance_deleted'],
    ] as const;
    for (const [method, path, body, status, type] of steps) {
      const answer = await call(method, path, body);
      expect(answer).toMatchObject({ status, body: { name: 'x', port: 19_000 } });
      expect(events.at(-1)).toEqual(['instance_events', expect.objectContaining({ type, name: 'x' })]);
    }
    expect(events).toHaveLength(steps.length);
    expect(await call('GET', '/x')).toMatchObject({ status: 404 });
  });

  it('are cloned under a name of their own', async () => {
    const clone = await call('POST', '/agent-1/clone', { name: 'twin' });
    expect(clone).toMatchObject({ status: 201, body: { name: 'twin', status: 'stopped', port: 18_807 } });
    expect(events).toEqual([['instance_events', expect.objectContaining({ type: 'instance_created' })]]);
  });

  it.each([
    ['POST', '', '{', 400, { field: 'body' }],
    ['POST', '', undefined, 400, { field: 'body' }],
    ['POST', '', [], 400, { field: 'body' }],
    ['POST', '', { name: 7 }, 400, { field: 'name' }],
    ['POST', '', { name: '../x' }, 400, { field: 'name' }],
    ['POST', '', { name: 'x', port: 80 }, 400, { field: 'port' }],
    ['POST', '', { name: 'x', port: '19000' }, 400, { field: 'port' }],
    ['POST', '', { name: 'x', pid: 1 }, 400, { field: 'pid' }],
    ['POST', '', { name: 'agent-1' }, 409, { error: 'conflict' }],
    ['POST', '/agent-1/clone', { name: 'agent-2' }, 409, { error: 'conflict' }],
    ['POST', '/agent-1/start', undefined, 409, { error: 'conflict' }],
    ['POST', '/agent-5/stop', undefined, 409, { error: 'conflict' }],
    ['POST', '/nobody/start', undefined, 404, { error: 'instance_not_found' }],
    ['POST', '/nobody/clone', { name: 'x' }, 404, { error: 'instance_not_found' }],
    ['DELETE', '/nobody', undefined, 404, { error: 'instance_not_found' }],
    ['DELETE', '/__proto__', undefined, 404, { error: 'instance_not_found' }],
    ['GET', '/nobody/logs', undefined, 404, { error: 'instance_not_found' }],
    ['POST', '/agent-1/explode', undefined, 404, { error: 'not found' }],
    ['DELETE', '', undefined, 405, { allowed: ['GET', 'POST', 'HEAD'] }],
    ['POST', '/agent-1', undefined, 405, { allowed: ['GET', 'DELETE', 'HEAD'] }],
    ['PUT', '/agent-1', undefined, 405, { allowed: ['GET', 'DELETE', 'HEAD'] }],
  ])('refuse %s %s %j, and change nothing', async (method, path, body, status, answer) => {
    const before = engine.instances.list(true);
    expect(await call(method, path, body)).toMatchObject({ status, body: answer });
    expect(engine.instances.list(true)).toEqual(before);
    expect(events).toEqual([]);
  });

  it('show the end of their logs', async () => {
    const schema = z.strictObject({ name: z.string(), lines: z.array(z.string()), count: z.number() });
    const logs = async (path: string) => schema.parse((await call('GET', path)).body);
    const { name, lines, count } = await logs('/agent-1/logs?tail=3');
    expect([name, lines.length, count]).toEqual(['agent-1', 3, 3]);
    expect((await logs('/agent-1/logs?tail=1')).lines).toEqual(lines.slice(-1));
    expect((await logs('/agent-1/logs')).lines.slice(-3)).toEqual(lines);
    expect(await logs('/agent-1/logs?tail=0')).toMatchObject({ lines: [], count: 0 });
    expect(await logs('/agent-6/logs')).toMatchObject({ lines: [], count: 0 });
  });

  it.each(['1001', '-1', '1.5', '', 'all', '1e2'])('refuse %j as a number of lines', async (tail) => {
    expect(await call('GET', `/agent-1/logs?tail=${tail}`)).toMatchObject({
      status: 400,
      body: { field: 'tail' },
    });
  });

  it('are subject to the same faults as everything else', async () => {
    engine.faults.apply({ kind: 'error', status: 503, path: '/api/instances' });
    expect((await call('GET', '')).status).toBe(503);
    expect((await call('POST', '/agent-1/stop')).status).toBe(503);
    expect(engine.instances.find('agent-1')?.status).toBe('running');
    engine.faults.apply({ kind: 'wrong', path: '/api/instances' });
    expect((await call('GET', '')).body).toEqual({ instances: 'agent-1' });
    engine.faults.apply({ kind: 'none' });
    expect((await call('GET', '')).status).toBe(200);
  });
});
