import { describe, expect, it } from 'vitest';
import { examples, setUpDiagnostics } from './set-up.ts';

describe('Telemetry figures', () => {
  it('are all there before anything is known', () => {
    expect(setUpDiagnostics().figures.read()).toEqual({
      api_latency_ms: 0,
      request_count: 0,
      success_rate: 100,
      active_plans: 0,
      active_websockets: 0,
      last_update: '2026-01-01T00:00:00.000Z',
      last_poll: null,
      last_broadcast: null,
      llm_latency_ms: null,
      llm_prompt_tokens: null,
      llm_completion_tokens: null,
      llm_total_tokens: null,
      persona_sentiment: null,
      persona_confidence: null,
      last_llm_update: null,
      last_llm_session: null,
    });
  });

  it('show the traffic to the engine with two decimals', () => {
    const { figures, inputs, clock } = setUpDiagnostics();
    inputs.engine = {
      requestCount: 142,
      successPercent: (2 / 3) * 100,
      latencyMs: 45.23456,
      lastSuccessAt: clock.now(),
    };
    expect(figures.read()).toMatchObject({
      request_count: 142,
      success_rate: 66.67,
      api_latency_ms: 45.23,
      last_poll: '2026-01-01T00:00:00.000Z',
    });
  });

  it('count the sessions, and know when something was last sent to all', () => {
    const { figures, connect, publish, clock } = setUpDiagnostics();
    const client = connect();
    connect();
    expect(figures.read()).toMatchObject({ active_websockets: 2 });
    clock.advance(250);
    publish('log', examples.log);
    expect(figures.read().last_broadcast).toBe('2026-01-01T00:00:00.250Z');
    client.transport.end();
    expect(figures.read().active_websockets).toBe(1);
  });

  it('say when one of them last changed, which a frame that tells of them does not', () => {
    const { figures, inputs, connect, publish, clock } = setUpDiagnostics();
    const changedAt = () => Date.parse(figures.read().last_update) - start;
    const start = clock.now();
    clock.advance(60_000);
    expect(changedAt()).toBe(0);
    connect();
    expect(changedAt()).toBe(60_000);
    // Frames for the client, each of them a fan-out.
    clock.advance(60_000);
    expect([changedAt(), figures.read().last_broadcast]).toEqual([60_000, '2026-01-01T00:02:00.000Z']);
    inputs.engine = { ...inputs.engine, requestCount: 1 };
    expect(changedAt()).toBe(120_000);
    clock.advance(1000);
    publish('llm', { active_plans: 3 });
    expect(changedAt()).toBe(121_000);
  });

  it('are those of the last llm event, and of no earlier one', () => {
    const { figures, publish } = setUpDiagnostics();
    publish('llm', examples.llm);
    const { active_plans, ...shown } = examples.llm;
    expect(figures.read()).toMatchObject({ ...shown, active_plans });
    publish('llm', { llm_total_tokens: 1 });
    expect(figures.read()).toMatchObject({
      llm_total_tokens: 1,
      llm_latency_ms: null,
      persona_sentiment: null,
      last_llm_session: null,
      last_llm_update: '2026-01-01T00:00:00.000Z',
      active_plans: 3,
    });
  });

  it('take the plans from whoever said something new last', () => {
    const { figures, inputs, publish } = setUpDiagnostics();
    const plans = () => figures.read().active_plans;
    inputs.activePlans = 5;
    expect(plans()).toBe(5);
    publish('llm', { active_plans: 2 });
    expect(plans()).toBe(2);
    inputs.activePlans = 5;
    expect(plans()).toBe(2);
    inputs.activePlans = 6;
    expect(plans()).toBe(6);
    inputs.activePlans = 7;
    publish('llm', { active_plans: 1 });
    expect(plans()).toBe(1);
  });

  it.each([null, 'many', -1, 1.5, [3], { n: 3 }, true, undefined])(
    'keep the last count where the state says %j',
    (said) => {
      const { figures, inputs } = setUpDiagnostics();
      inputs.activePlans = 4;
      figures.read();
      inputs.activePlans = said;
      expect(figures.read().active_plans).toBe(4);
    },
  );
});
