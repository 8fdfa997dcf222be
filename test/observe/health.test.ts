import { describe, expect, it } from 'vitest';
import { Health } from '../../src/observe/health.ts';
import { createTestContext } from '../support/context.ts';

function setUp() {
  const { clock, board } = createTestContext();
  const state = board.open('state', { freshMs: () => 2000, required: true });
  const redis = board.open('redis', { freshMs: () => 5000 });
  const health = new Health(clock, '1.2.3', board, () => 42);
  return { clock, board, state, redis, health };
}

describe('Health', () => {
  it('says everything there is to say', () => {
    const { clock, health, board } = setUp();
    clock.advance(61_999);
    expect(health.health()).toEqual({
      status: 'degraded',
      service: 'telemetry-bff',
      version: '1.2.3',
      uptime_s: 61,
      clients: 42,
      sources: board.states,
    });
  });

  it('is ok only while every source is fresh', () => {
    const { clock, health, state, redis } = setUp();
    state.succeeded();
    expect(health.health().status).toBe('degraded');
    redis.succeeded();
    expect(health.health().status).toBe('ok');
    clock.advance(2000);
    expect(health.health().status).toBe('degraded');
    state.succeeded();
    expect(health.health().status).toBe('ok');
  });

  it('is not ready before the first good state, and says what is missing and why', () => {
    const { health, state, redis } = setUp();
    expect(health.readiness()).toEqual({
      ready: false,
      missing: ['state: no good answer yet (not asked yet)'],
    });
    redis.succeeded();
    state.failed('ECONNREFUSED');
    expect(health.readiness()).toEqual({
      ready: false,
      missing: ['state: no good answer yet (ECONNREFUSED)'],
    });
  });

  it('stays ready through a later outage', () => {
    const { clock, health, state } = setUp();
    state.succeeded();
    clock.advance(3_600_000);
    expect(state.state.status).toBe('down');
    expect(health.readiness()).toEqual({ ready: true, missing: [] });
  });
});
