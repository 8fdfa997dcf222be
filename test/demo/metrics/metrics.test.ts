import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Metrics, type MetricsSnapshot } from '../../../src/demo/metrics/metrics.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const hourMs = 3_600_000;

function metricsOf(seed = 1, speed = 1) {
  const clock = createManualClock();
  const metrics = new Metrics({ seed, clock, speed });
  metrics.life.start();
  return { clock, metrics };
}

const sum = (counts: Record<string, number>) =>
  Object.values(counts).reduce((total, count) => total + count, 0);

function expectConsistent({ overview, sessions, activity, timestamp }: MetricsSnapshot): void {
  const { tasks, costs, claude_api: api, tools } = overview;
  expect(tasks.total).toBe(tasks.running + tasks.completed + tasks.failed);
  expect(tools.total_calls).toBe(sum(tools.by_type));
  expect(sessions.total_tools).toBe(tools.total_calls);
  expect(sessions.tools_by_type).toEqual(tools.by_type);
  expect(sessions.total_sessions).toBeGreaterThan(0);
  expect(costs.total_cost).toBeCloseTo(costs.haiku_cost + costs.sonnet_cost, 9);
  // A token costs three times as much with Sonnet, read or written.
  const asHaiku = (api.total_input_tokens + 5 * api.total_output_tokens) / 1e6;
  expect(costs.haiku_cost + costs.sonnet_cost / 3).toBeCloseTo(asHaiku, 6);
  expect(tools.total_calls).toBeLessThanOrEqual(api.total_requests);
  const times = activity.map((entry) => entry.timestamp);
  expect(times).toEqual([...times].sort((a, b) => b - a));
  for (const { description } of activity) expect(description).toMatch(/\S/);
  expect(times[0]).toBeLessThanOrEqual(timestamp);
}

describe('Metrics', () => {
  it('hang together, with any seed, range and time', () => {
    const ranges = fc.integer({ min: 1, max: 168 });
    fc.assert(
      fc.property(fc.integer(), ranges, fc.integer({ min: 0, max: hourMs }), (seed, hours, ms) => {
        const { clock, metrics } = metricsOf(seed);
        clock.advance(ms);
        expectConsistent(metrics.snapshot(hours));
      }),
      { numRuns: 20 },
    );
  });

  it('are more over a longer range, but for the tasks that run at present', () => {
    const { metrics } = metricsOf();
    const [hour, day, week] = [metrics.snapshot(1), metrics.snapshot(24), metrics.snapshot(168)];
    for (const [less, more] of [
      [hour, day],
      [day, week],
    ] as const) {
      expect(less.overview.tasks.completed).toBeLessThan(more.overview.tasks.completed);
      expect(less.overview.tasks.failed).toBeLessThan(more.overview.tasks.failed);
      expect(less.overview.tasks.running).toBe(more.overview.tasks.running);
      expect(less.overview.costs.total_cost).toBeLessThan(more.overview.costs.total_cost);
      expect(less.overview.claude_api.total_requests).toBeLessThan(more.overview.claude_api.total_requests);
      expect(less.sessions.total_sessions).toBeLessThan(more.sessions.total_sessions);
      expect(less.sessions.total_tools).toBeLessThan(more.sessions.total_tools);
    }
    expect(hour.overview.claude_api.total_requests).toBeGreaterThan(100);
  });

  it('show the newest 20 activities, the newest first, in epoch seconds', () => {
    const { clock, metrics } = metricsOf();
    const before = metrics.snapshot(24).activity;
    clock.advance(hourMs / 10);
    const after = metrics.snapshot(24).activity;
    expect([before.length, after.length]).toEqual([20, 20]);
    expect(after).not.toEqual(before);
    for (const { timestamp } of after) {
      expect(timestamp).toBeGreaterThan(clock.now() / 1000 - hourMs / 1000);
      expect(timestamp).toBeLessThanOrEqual(clock.now() / 1000);
    }
  });

  it('move as people would see it, and stay about the same over days', () => {
    const { clock, metrics } = metricsOf();
    const first = metrics.snapshot(24).overview;
    const seen = new Set<string>();
    for (let second = 0; second < 60; second += 1) {
      clock.advance(1000);
      seen.add(JSON.stringify(metrics.snapshot(24).overview));
    }
    expect(seen.size).toBeGreaterThan(6);
    expect(seen.size).toBeLessThan(30);
    clock.advance(48 * hourMs);
    const later = metrics.snapshot(24).overview;
    expect(later.costs.total_cost).toBeGreaterThan(first.costs.total_cost * 0.8);
    expect(later.costs.total_cost).toBeLessThan(first.costs.total_cost * 1.2);
  });

  it('stand still at speed 0, though their time goes on with each step', () => {
    const { clock, metrics } = metricsOf(1, 0);
    const { timestamp: firstAt, ...first } = metrics.snapshot(24);
    clock.advance(hourMs);
    expect(metrics.snapshot(24).timestamp).toBe(firstAt);
    metrics.step();
    expect(metrics.snapshot(24)).toEqual({ ...first, timestamp: firstAt + hourMs / 1000 });
  });

  it('keep what is in a range where the wall clock is set', () => {
    const { clock, metrics } = metricsOf();
    const before = metrics.snapshot(1).overview;
    clock.setWall(clock.now() - 48 * hourMs);
    expect(metrics.snapshot(1).overview).toEqual(before);
  });

  it('are the same for the same seed, and others for another', () => {
    const [one, same, other] = [metricsOf(3), metricsOf(3), metricsOf(4)];
    for (const { clock } of [one, same, other]) clock.advance(hourMs);
    expect(one.metrics.snapshot(24)).toEqual(same.metrics.snapshot(24));
    expect(one.metrics.snapshot(24).overview).not.toEqual(other.metrics.snapshot(24).overview);
  });

  it('are given as copies', () => {
    const { metrics } = metricsOf();
    const before = structuredClone(metrics.snapshot(24));
    const changed = metrics.snapshot(24);
    changed.overview.tools.by_type.Read = -1;
    changed.activity.length = 0;
    expect(metrics.snapshot(24)).toEqual(before);
  });
});
