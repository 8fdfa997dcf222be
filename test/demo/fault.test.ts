import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { type Fault, FaultControl } from '../../src/demo/fault.ts';
import { FaultAnswers } from '../../src/demo/fault-answer.ts';

const statePath = '/api/system/state/current';
const agentsPath = '/api/system/metrics/agents';

function control() {
  const clock = { ms: 0 };
  const cuts: number[] = [];
  const faults = new FaultControl(
    () => clock.ms,
    () => cuts.push(clock.ms),
  );
  return { faults, clock, cuts };
}

describe('fault control', () => {
  it('applies a fault everywhere, or under a path', () => {
    const { faults } = control();
    faults.apply({ kind: 'error', status: 503 });
    faults.apply({ kind: 'slow', path: '/api/system/metrics', delayMs: 30 });
    expect(faults.find(statePath)).toMatchObject({ kind: 'error', status: 503 });
    expect(faults.find(agentsPath)).toMatchObject({ kind: 'slow', delayMs: 30 });
    expect(faults.list()).toEqual([
      { kind: 'error', path: '/', status: 503 },
      { kind: 'slow', path: '/api/system/metrics', delayMs: 30 },
    ]);
  });

  it('keeps one fault a path, the latest', () => {
    const { faults } = control();
    faults.apply({ kind: 'error' });
    faults.apply({ kind: 'hang' });
    expect(faults.list()).toEqual([{ kind: 'hang', path: '/' }]);
  });

  it('clears one path, or all of them', () => {
    const { faults } = control();
    faults.apply({ kind: 'hang', path: statePath });
    faults.apply({ kind: 'huge', path: agentsPath });
    faults.apply({ kind: 'none', path: statePath });
    expect(faults.find(statePath)).toBeUndefined();
    expect(faults.find(agentsPath)?.kind).toBe('huge');
    faults.apply({ kind: 'none' });
    expect(faults.list()).toEqual([]);
  });

  it('ends with none what was done, of every kind', () => {
    for (const kind of ['stop', 'slow', 'error', 'hang', 'malformed', 'huge', 'offline', 'wrong'] as const) {
      const { faults } = control();
      faults.apply({ kind });
      expect([faults.isStopped(), faults.find(statePath)?.kind]).toEqual(
        kind === 'stop' ? [true, undefined] : [false, kind],
      );
      faults.apply({ kind: 'none' });
      expect([faults.isStopped(), faults.find(statePath), faults.list()]).toEqual([false, undefined, []]);
    }
    for (const kind of ['freeze', 'bars', 'clock'] as const) {
      const { faults } = control();
      faults.apply({ kind });
      faults.apply({ kind: 'none' });
      expect([faults.moveEveryMs(), faults.clockOffsetMs(), faults.list()]).toEqual([0, 0, []]);
    }
  });

  it('stops the engine for five seconds if nothing else is said, and cuts its connections once', () => {
    const { faults, clock, cuts } = control();
    faults.apply({ kind: 'stop' });
    clock.ms = 4000;
    expect(faults.list()).toEqual([{ kind: 'stop', path: '/', remainingSeconds: 1 }]);
    clock.ms = 5000;
    expect([faults.isStopped(), faults.isGone(), faults.list(), cuts]).toEqual([false, false, [], [0]]);
  });

  it('ends a fault by itself after its seconds', () => {
    const { faults, clock } = control();
    faults.apply({ kind: 'offline', seconds: 2 });
    clock.ms = 1500;
    expect(faults.list()).toEqual([{ kind: 'offline', path: '/', remainingSeconds: 0.5 }]);
    clock.ms = 2000;
    expect(faults.find(statePath)).toBeUndefined();
    expect(faults.list()).toEqual([]);
  });

  it('has the whole engine stand still, move by bars, or go by another clock, all at a time', () => {
    const { faults, clock } = control();
    expect([faults.moveEveryMs(), faults.clockOffsetMs()]).toEqual([0, 0]);
    faults.apply({ kind: 'bars', everySeconds: 20 });
    faults.apply({ kind: 'clock' });
    expect([faults.moveEveryMs(), faults.clockOffsetMs()]).toEqual([20_000, -3_600_000]);
    faults.apply({ kind: 'freeze', seconds: 5 });
    expect(faults.moveEveryMs()).toBe(Number.POSITIVE_INFINITY);
    expect(faults.list()).toEqual([
      { kind: 'bars', path: '/', everySeconds: 20 },
      { kind: 'clock', path: '/', offsetSeconds: -3600 },
      { kind: 'freeze', path: '/', remainingSeconds: 5 },
    ]);
    expect(faults.find(statePath)).toBeUndefined();
    clock.ms = 5000;
    expect(faults.moveEveryMs()).toBe(20_000);
    faults.apply({ kind: 'none', path: statePath });
    expect(faults.list()).toHaveLength(2);
    faults.apply({ kind: 'none' });
    expect([faults.moveEveryMs(), faults.clockOffsetMs()]).toEqual([0, 0]);
  });

  it('counts an engine as gone that is stopped or hangs as a whole, and no other', () => {
    const { faults } = control();
    faults.apply({ kind: 'error' });
    faults.apply({ kind: 'hang', path: statePath });
    faults.apply({ kind: 'freeze' });
    expect(faults.isGone()).toBe(false);
    faults.apply({ kind: 'hang' });
    expect(faults.isGone()).toBe(true);
    faults.apply({ kind: 'none' });
    faults.apply({ kind: 'stop' });
    expect(faults.isGone()).toBe(true);
  });

  it.each([
    [{ kind: 'boom' }, 'kind', /"slow"/],
    [{}, 'kind', /"none"/],
    [{ kind: 'slow', delayMs: -1 }, 'delayMs', />=0/],
    [{ kind: 'slow', delayMs: '5' }, 'delayMs', /number/],
    [{ kind: 'error', status: 200 }, 'status', />=400/],
    [{ kind: 'error', path: 'api' }, 'path', /"\/"/],
    [{ kind: 'error', seconds: 1e9 }, 'seconds', /<=86400/],
    [{ kind: 'error', second: 1 }, 'second', /seconds/],
    [{ kind: 'stop', path: statePath }, 'path', /no path/],
    [{ kind: 'freeze', path: '/' }, 'path', /no path/],
    [{ kind: 'bars', everySeconds: 0 }, 'everySeconds', />=0.1/],
    [{ kind: 'clock', offsetSeconds: -1e5 }, 'offsetSeconds', />=-86400/],
    [[], 'body', /object/],
    [undefined, 'body', /object/],
  ])('refuses %j, naming %s and what is allowed', (request, field, message) => {
    const { faults } = control();
    expect(faults.apply(request)).toEqual({ field, message: expect.stringMatching(message) });
    expect(faults.list()).toEqual([]);
  });

  it('refuses a fifty-first path and still changes the fifty', () => {
    const { faults } = control();
    for (let count = 0; count < 50; count += 1)
      expect(faults.apply({ kind: 'hang', path: `/${count}` })).toBeUndefined();
    expect(faults.apply({ kind: 'hang', path: '/more' })?.field).toBe('path');
    expect(faults.apply({ kind: 'error', path: '/7' })).toBeUndefined();
    expect(faults.find('/7')?.kind).toBe('error');
  });
});

describe('fault answers', () => {
  function askerOf(kind: Exclude<Fault['kind'], 'slow'>): (path: string) => Promise<string> {
    const answers = new FaultAnswers();
    const app = new Hono().all('*', (c) => answers.answer(c, kind, 500));
    return async (path) => {
      const answer = await app.request(path);
      return `${answer.status} ${answer.headers.get('location') ?? ''} ${await answer.text()}`;
    };
  }

  async function bodies(kind: Exclude<Fault['kind'], 'slow'>, path: string, count: number) {
    const ask = askerOf(kind);
    const seen: string[] = [];
    while (seen.length < count) seen.push(await ask(path));
    return seen;
  }

  it('takes turns through different malformed bodies, none a JSON object', async () => {
    const seen = await bodies('malformed', statePath, 12);
    expect(new Set(seen).size).toBe(6);
    for (const body of seen) {
      let parsed: unknown;
      try {
        parsed = JSON.parse(body.slice('200  '.length));
      } catch {
        continue;
      }
      expect(typeof parsed === 'object' && !Array.isArray(parsed)).toBe(false);
    }
  });

  it('takes turns path by path', async () => {
    const ask = askerOf('malformed');
    const first = await ask(statePath);
    expect(await ask(agentsPath)).toBe(first);
    expect(await ask(statePath)).not.toBe(first);
  });

  it('answers valid JSON of wrong shapes, a redirect to another host among them', async () => {
    const state = (await bodies('wrong', statePath, 4)).join('\n');
    expect(state).toContain('"market":"SPY');
    expect(state).toContain('"price":"450.32"');
    expect(state).toMatch(/^302 http:\/\/127\.0\.0\.2:9\/api/m);
    expect((await bodies('wrong', agentsPath, 4)).join('\n')).toContain('"agents":42');
  });
});
