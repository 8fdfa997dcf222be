import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { DemoEngineOptions } from '../../../src/demo/engine.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { startDemoEngine } from '../start-engine.ts';

const snapshotSchema = z.looseObject({
  overview: z.looseObject({ tasks: z.looseObject({ total: z.number() }) }),
  timestamp: z.number(),
});

async function start(options: DemoEngineOptions = {}) {
  const clock = createManualClock();
  const { engine, url } = await startDemoEngine({ clock, ...options });
  const get = async (query = '') => {
    const response = await fetch(`${url}/api/metrics/overview${query}`, { redirect: 'manual' });
    const text = await response.text();
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    return { status: response.status, body };
  };
  const snapshot = async (query = '') => snapshotSchema.parse((await get(query)).body);
  return { clock, engine, get, snapshot };
}

describe('demo engine metrics', () => {
  it('are answered over the hours asked for, 24 where none are', async () => {
    const { get, snapshot } = await start();
    expect(await get()).toEqual(await get('?hours=24'));
    const day = await snapshot();
    expect((await snapshot('?hours=1')).overview.tasks.total).toBeLessThan(day.overview.tasks.total);
    expect((await snapshot('?hours=168')).overview.tasks.total).toBeGreaterThan(day.overview.tasks.total);
  });

  it.each(['0', '169', '1.5', '-1', 'x', ''])('refuse the hours "%s"', async (hours) => {
    const { get } = await start();
    expect(await get(`?hours=${hours}`)).toEqual({
      status: 400,
      body: { error: 'bad request', field: 'hours', message: 'hours must be a whole number from 1 to 168' },
    });
  });

  it('have a time that goes on each second though nothing else changes', async () => {
    const { clock, snapshot } = await start({ activity: 0 });
    const first = await snapshot();
    clock.advance(3000);
    expect(await snapshot()).toEqual({ ...first, timestamp: first.timestamp + 3 });
  });

  it('stand still with the engine, time and all', async () => {
    const { clock, engine, snapshot } = await start();
    engine.faults.apply({ kind: 'freeze' });
    const first = await snapshot();
    clock.advance(60_000);
    expect(await snapshot()).toEqual(first);
    engine.faults.apply({ kind: 'none' });
    clock.advance(60_000);
    expect((await snapshot()).overview).not.toEqual(first.overview);
  });

  it('take the faults of other answers', async () => {
    const { engine, get } = await start();
    engine.faults.apply({ kind: 'error', status: 503, path: '/api/metrics/overview' });
    expect(await get()).toMatchObject({ status: 503, body: { error: 'demo fault' } });
    engine.faults.apply({ kind: 'wrong', path: '/api/metrics/overview' });
    expect((await get()).body).toBe('idle');
    expect((await get()).body).toMatchObject({ overview: 'idle', activity: 'none' });
    expect((await get()).status).toBe(302);
    expect((await get()).body).toMatchObject({ activity: { newest: null } });
  });
});
