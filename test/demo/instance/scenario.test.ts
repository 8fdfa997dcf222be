import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type InstanceEvent, Instances } from '../../../src/demo/instance/instances.ts';
import { scenario } from '../../../src/demo/instance/scenario.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const hourMs = 3_600_000;

function scenarioOf(seed: number) {
  const clock = createManualClock();
  const instances = new Instances(seed, clock);
  const events: InstanceEvent[] = [];
  instances.subscribe((event) => events.push(event));
  scenario({ seed, clock, speed: 1 }, instances).start();
  return { clock, instances, events };
}

describe('Scenario', () => {
  it('is the same for the same seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const [one, same] = [scenarioOf(seed), scenarioOf(seed)];
        for (const { clock } of [one, same]) clock.advance(hourMs / 6);
        expect(one.events).toEqual(same.events);
        expect(one.instances.list(true)).toEqual(same.instances.list(true));
        expect(one.events).not.toEqual(scenarioOf(seed + 1).events);
      }),
      { numRuns: 20 },
    );
  });

  it('shows every kind of change within an hour, about one each 8 s', () => {
    const { clock, events } = scenarioOf(1);
    clock.advance(hourMs);
    const kinds = events.map((event) => ('status' in event ? `${event.type} ${event.status}` : event.type));
    expect([...new Set(kinds)].sort()).toEqual([
      'instance_archived',
      'instance_created stopped',
      'instance_deleted',
      'instance_unarchived failed',
      'instance_unarchived stopped',
      'status_changed failed',
      'status_changed running',
      'status_changed stopped',
    ]);
    expect(events.length).toBeGreaterThan(350);
    expect(events.length).toBeLessThan(550);
  });

  it('keeps agent-1 and agent-2 running, leaves what calls made alone, and stays within 3 to 8 others', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { clock, instances, events } = scenarioOf(seed);
        instances.create('mine');
        instances.start('mine');
        const mine = instances.find('mine');
        const told = events.length;
        for (let minute = 0; minute < 60; minute += 1) {
          clock.advance(60_000);
          const others = instances.list(true).length - 3;
          expect(others).toBeGreaterThanOrEqual(3);
          expect(others).toBeLessThanOrEqual(8);
        }
        expect(instances.find('mine')).toEqual(mine);
        const touched = new Set(events.slice(told).map(({ name }) => name));
        for (const name of ['agent-1', 'agent-2', 'mine']) expect(touched).not.toContain(name);
      }),
      { numRuns: 10 },
    );
  });

  it('rests where calls have deleted all that it plays with', () => {
    const { clock, instances, events } = scenarioOf(1);
    for (const { name } of instances.list(true)) instances.remove(name);
    const told = events.length;
    clock.advance(hourMs);
    expect(events).toHaveLength(told);
  });
});
