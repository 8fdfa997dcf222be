import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Diagnostics } from '../../../src/demo/diagnostics/diagnostics.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const hourMs = 3_600_000;
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

interface Emitted {
  readonly channel: string;
  readonly body: Record<string, unknown>;
}

function diagnosticsOf(seed = 1) {
  const clock = createManualClock();
  const emitted: Emitted[] = [];
  const emit = (channel: string, body: object) =>
    void emitted.push({ channel, body: JSON.parse(JSON.stringify(body)) });
  const diagnostics = new Diagnostics({ seed, clock, speed: 1, emit });
  diagnostics.life.start();
  const on = (name: string) =>
    emitted.flatMap(({ channel, body }) => (channel === `diagnostics:${name}` ? [body] : []));
  return { clock, diagnostics, emitted, on };
}

const valuesOf = (bodies: readonly Record<string, unknown>[], field: string) =>
  new Set(bodies.map((body) => body[field]));

describe('Diagnostics', () => {
  it('come at rates that people can follow', () => {
    const { clock, on } = diagnosticsOf();
    clock.advance(hourMs);
    for (const [name, everySeconds] of [
      ['log', 3],
      ['graph_update', 5],
      ['persona_entry', 7],
      ['llm', 9],
    ] as const) {
      const usual = 3600 / everySeconds;
      expect(on(name).length).toBeGreaterThan(usual * 0.9);
      expect(on(name).length).toBeLessThan(usual * 1.1);
    }
  });

  it('hold log records of each level', () => {
    const { clock, on } = diagnosticsOf();
    clock.advance(hourMs);
    const logs = on('log');
    for (const log of logs) {
      expect(log).toEqual({
        timestamp: time,
        level: expect.any(String),
        message: expect.stringMatching(/\S/),
      });
    }
    expect(valuesOf(logs, 'level')).toEqual(new Set(['info', 'warning', 'error']));
  });

  it('hold persona entries of each kind', () => {
    const { clock, on } = diagnosticsOf();
    clock.advance(hourMs);
    const entries = on('persona_entry');
    for (const entry of entries) {
      expect(entry).toEqual({
        id: expect.stringMatching(/^entry-[0-9a-f]{8}$/),
        timestamp: time,
        entry_type: expect.any(String),
        content: expect.stringMatching(/\S/),
        summary: expect.stringMatching(/\S/),
        sentiment: expect.stringMatching(/^(positive|neutral|negative)$/),
        confidence: expect.any(Number),
        metadata: { source: expect.any(String), session_id: expect.stringMatching(/^session-\d+$/) },
      });
    }
    expect(valuesOf(entries, 'id').size).toBe(entries.length);
    expect(valuesOf(entries, 'entry_type')).toEqual(
      new Set(['observation', 'reflection', 'goal', 'plan', 'decision', 'outcome']),
    );
  });

  it('hold graph updates that are only about entities that are there', () => {
    const { clock, on } = diagnosticsOf();
    clock.advance(10 * hourMs);
    const known = new Set<unknown>();
    for (const { update_type, entity_id, timestamp, details } of on('graph_update')) {
      expect({ timestamp, details }).toEqual({ timestamp: time, details: expect.any(Object) });
      expect(known.has(entity_id)).toBe(update_type !== 'entity_added');
      if (update_type === 'entity_added') known.add(entity_id);
      if (update_type === 'entity_removed') known.delete(entity_id);
      expect(known.size).toBeLessThanOrEqual(40);
    }
    expect(valuesOf(on('graph_update'), 'update_type')).toEqual(
      new Set(['entity_added', 'entity_updated', 'entity_removed', 'relation_added']),
    );
  });

  it('hold figures of model calls, with the mood of the last entry before', () => {
    const { clock, emitted, on } = diagnosticsOf();
    clock.advance(hourMs);
    for (const figures of on('llm')) {
      const { llm_latency_ms, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens } = figures;
      expect(llm_latency_ms).toBeGreaterThan(100);
      expect(llm_latency_ms).toBeLessThan(15_000);
      expect(Number(llm_prompt_tokens) + Number(llm_completion_tokens)).toBe(llm_total_tokens);
      expect(figures).toMatchObject({
        last_llm_update: time,
        last_llm_session: expect.stringMatching(/^session-\d+$/),
      });
    }
    let mood: Record<string, unknown> = {};
    for (const { channel, body } of emitted) {
      if (channel === 'diagnostics:persona_entry') {
        mood = { persona_sentiment: body.sentiment, persona_confidence: body.confidence };
      } else if (channel === 'diagnostics:llm') expect(body).toMatchObject(mood);
    }
  });

  it('count the active plans: 0 to 9, moving', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { clock, diagnostics } = diagnosticsOf(seed);
        const seen = new Set<number>();
        for (let minute = 0; minute < 120; minute += 1) {
          clock.advance(60_000);
          seen.add(diagnostics.activePlans());
        }
        for (const count of seen) expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).toContain(count);
        expect(seen.size).toBeGreaterThan(2);
      }),
      { numRuns: 20 },
    );
  });

  it('are the same for the same seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const [one, same, other] = [diagnosticsOf(seed), diagnosticsOf(seed), diagnosticsOf(seed + 1)];
        for (const { clock } of [one, same, other]) clock.advance(hourMs / 10);
        expect(one.emitted).toEqual(same.emitted);
        expect(one.emitted).not.toEqual(other.emitted);
      }),
      { numRuns: 20 },
    );
  });
});
