import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Instance,
  type InstanceEvent,
  Instances,
  isInstanceName,
} from '../../../src/demo/instance/instances.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const now = '2026-01-01T00:00:00.000Z';

function instancesOf(seed = 1) {
  const instances = new Instances(seed, createManualClock(Date.parse(now)));
  const events: InstanceEvent[] = [];
  instances.subscribe((event) => events.push(event));
  return { instances, events };
}

const statusOf = (instances: Instances, name: string) => instances.find(name)?.status;

describe('Instances', () => {
  it('are four that run, one that does not, and one archived, at first', () => {
    const { instances } = instancesOf();
    expect(instances.list(false).map(({ status }) => status)).toEqual([
      ...Array(4).fill('running'),
      'stopped',
    ]);
    expect(instances.list(true)).toHaveLength(6);
    expect(instances.find('agent-1')).toEqual({
      name: 'agent-1',
      status: 'running',
      port: 18_801,
      pid: expect.any(Number),
      archived_at: null,
    });
    expect(instances.find('agent-6')).toMatchObject({ pid: null, archived_at: '2025-12-29T00:00:00.000Z' });
  });

  it('announce each change in the form of a delta', () => {
    const { instances, events } = instancesOf();
    instances.create('new');
    instances.start('new');
    const pid = instances.find('new')?.pid;
    instances.stop('new');
    instances.archive('new');
    instances.unarchive('new');
    instances.remove('new');
    const rest = { name: 'new', timestamp: now };
    expect(events).toEqual([
      { type: 'instance_created', port: 18_807, status: 'stopped', ...rest },
      { type: 'status_changed', status: 'running', pid, ...rest },
      { type: 'status_changed', status: 'stopped', pid: null, ...rest },
      { type: 'instance_archived', ...rest },
      { type: 'instance_unarchived', port: 18_807, status: 'stopped', pid: null, archived_at: null, ...rest },
      { type: 'instance_deleted', ...rest },
    ]);
    expect(pid).toBeGreaterThan(0);
  });

  it('are stopped before they are archived or deleted', () => {
    const { instances, events } = instancesOf();
    instances.archive('agent-1');
    instances.remove('agent-2');
    expect(events.map(({ type, name }) => `${name} ${type}`)).toEqual([
      'agent-1 status_changed',
      'agent-1 instance_archived',
      'agent-2 status_changed',
      'agent-2 instance_deleted',
    ]);
    expect(statusOf(instances, 'agent-1')).toBe('stopped');
    expect(instances.find('agent-2')).toBeUndefined();
  });

  it('run on with another pid after a restart, and fail when they crash', () => {
    const { instances, events } = instancesOf();
    const before = instances.find('agent-1')?.pid;
    instances.restart('agent-1');
    expect(events).toMatchObject([{ type: 'status_changed', status: 'running' }]);
    expect(instances.find('agent-1')?.pid).not.toBe(before);
    instances.fail('agent-1');
    expect(instances.find('agent-1')).toMatchObject({ status: 'failed', pid: null });
    expect(instances.start('agent-1').ok).toBe(true);
  });

  it('refuse what cannot be done, and nothing changes', () => {
    const { instances, events } = instancesOf();
    const before = instances.list(true);
    const refused = [
      instances.start('agent-1'),
      instances.start('agent-6'),
      instances.stop('agent-5'),
      instances.restart('agent-5'),
      instances.archive('agent-6'),
      instances.unarchive('agent-1'),
      instances.create('agent-1'),
      instances.create('other', 18_801),
      instances.clone('agent-1', 'agent-2'),
    ];
    expect(refused.map((outcome) => !outcome.ok && outcome.reason)).toEqual(Array(9).fill('conflict'));
    expect(instances.clone('nobody', 'other')).toMatchObject({ reason: 'unknown' });
    expect(instances.list(true)).toEqual(before);
    expect(events).toEqual([]);
  });

  it('have names that are safe in a path', () => {
    const { instances } = instancesOf();
    for (const name of ['', '.', '..', '../x', 'a/b', 'a b', 'é', 'a\n', 'x'.repeat(65), 'a\0']) {
      expect(instances.create(name)).toMatchObject({ reason: 'bad-name' });
    }
    for (const name of ['...', '__proto__', '-', 'x'.repeat(64)]) {
      expect(instances.create(name).ok).toBe(true);
      expect(instances.find(name)?.name).toBe(name);
    }
    fc.assert(
      fc.property(fc.string(), (name) => {
        const outcome = instances.create(name);
        expect(!outcome.ok && outcome.reason === 'bad-name').toBe(!isInstanceName(name));
      }),
    );
  });

  it('are 64 at most', () => {
    const { instances } = instancesOf();
    for (let number = 0; number < 58; number += 1) expect(instances.create(`n${number}`).ok).toBe(true);
    expect(instances.create('one-more')).toMatchObject({ reason: 'conflict' });
    instances.remove('n3');
    expect(instances.create('one-more')).toMatchObject({ ok: true, instance: { port: 18_810 } });
  });

  it('are what a listener knows from their events alone, after any changes', () => {
    const names = ['agent-1', 'agent-5', 'agent-6', 'x', 'y'];
    const changes = ['create', 'start', 'stop', 'restart', 'fail', 'archive', 'unarchive', 'remove'] as const;
    const step = fc.tuple(fc.constantFrom(...changes), fc.constantFrom(...names));
    fc.assert(
      fc.property(fc.integer(), fc.array(step, { maxLength: 60 }), (seed, steps) => {
        const { instances, events } = instancesOf(seed);
        const known = new Map(instances.list(true).map((instance) => [instance.name, instance]));
        for (const [change, name] of steps) {
          const told = events.length;
          const outcome = instances[change](name);
          expect(outcome.ok).toBe(events.length > told);
          for (const event of events.slice(told)) apply(event, known);
          expect([...known.values()]).toEqual(instances.list(true));
        }
        for (const { status, pid } of known.values()) expect(pid !== null).toBe(status === 'running');
        expect(new Set([...known.values()].map(({ port }) => port)).size).toBe(known.size);
      }),
    );
  });
});

function apply({ type, timestamp, ...fields }: InstanceEvent, known: Map<string, Instance>): void {
  const { name } = fields;
  const before = known.get(name) ?? { name, status: 'stopped', port: 0, pid: null, archived_at: null };
  expect(known.has(name)).toBe(type !== 'instance_created');
  if (type === 'instance_deleted') known.delete(name);
  else if (type === 'instance_archived') known.set(name, { ...before, archived_at: timestamp });
  else known.set(name, { ...before, ...fields });
}
