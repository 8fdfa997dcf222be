import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { instance, setUpStreams } from '../set-up.ts';

/** A client that does what the frames say and nothing else. */
class Mirror {
  readonly instances = new Map<unknown, JsonObject>();
  take(frame: JsonObject): void {
    const { type, name, status = null, pid = null, port = null } = frame;
    const known = this.instances.get(name);
    if (type === 'snapshot') {
      this.instances.clear();
      for (const one of Object(frame.instances)) this.instances.set(one.name, one);
    } else if (type === 'instance_created') {
      expect(known).toBeUndefined();
      this.instances.set(name, instance(String(name), { status, port, pid: null }));
    } else if (type === 'instance_unarchived') {
      this.instances.set(name, instance(String(name), { status, port, pid }));
    } else {
      // Never of one that this client does not have.
      expect(known).toBeDefined();
      if (type === 'status_changed') this.instances.set(name, { ...known, status, pid });
      else this.instances.delete(name);
    }
  }
}

const names = ['a', 'b', 'c'];
const step = fc.oneof(
  fc.record({
    does: fc.constantFrom('start', 'stop', 'archive', 'unarchive', 'create', 'delete', 'port'),
    name: fc.constantFrom(...names),
    /** Whether Redis carries the event. */
    told: fc.boolean(),
  }),
  fc.constantFrom({ does: 'poll' }, { does: 'finishPoll' }, { does: 'block' }, { does: 'drain' }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** An engine that does one thing after the other. */
class Engine {
  readonly instances = new Map<string, JsonObject>();
  #pid = 100;
  #port = 2000;

  list(): JsonObject[] {
    return [...this.instances.values()];
  }

  /** Undefined: it cannot be done as things are. */
  act(does: string, name: string): JsonObject | undefined {
    const known = this.instances.get(name);
    const archived = known?.archived_at !== null;
    const set = (more: JsonObject): JsonObject => {
      const next = { ...instance(name), ...known, ...more };
      this.instances.set(name, next);
      return next;
    };
    if (does === 'create' && known === undefined) {
      this.#port += 1;
      return { type: 'instance_created', ...set({ status: 'stopped', pid: null, port: this.#port }) };
    }
    if (known === undefined) return undefined;
    if (does === 'delete') {
      this.instances.delete(name);
      return { type: 'instance_deleted', name };
    }
    if (does === 'unarchive' && archived)
      return { type: 'instance_unarchived', ...set({ archived_at: null }) };
    if (archived) return undefined;
    if (does === 'archive') {
      set({ archived_at: '2026-01-01T00:00:00.000Z' });
      return { type: 'instance_archived', name };
    }
    if (does === 'port') {
      this.#port += 1;
      set({ port: this.#port });
      return undefined;
    }
    this.#pid += 1;
    const now = does === 'start' ? { status: 'running', pid: this.#pid } : { status: 'stopped', pid: null };
    set(now);
    return { type: 'status_changed', name, ...now };
  }
}

describe('Instance stream, whatever happens and however it becomes known', () => {
  it('leaves every client with what the engine has, and tells it only of what it can see', async (test) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps: Step[]) => {
        const { clock, client, connectInstances, instanceEvent, answer, instances } = setUpStreams(test);
        const engine = new Engine();
        engine.act('create', 'a');
        const [hides, shows] = [connectInstances(), connectInstances()];
        shows.say({ type: 'set_include_archived', value: true });
        await answer(engine.list());
        let underWay:
          | { readonly request: (typeof client.requests)[number]; readonly seen: JsonObject[] }
          | undefined;
        const finish = async () => {
          await underWay?.request.answer(underWay.seen);
          underWay = undefined;
        };
        const poll = () => {
          clock.advance(1000);
          const request = client.requests.shift();
          if (request !== undefined) underWay = { request, seen: engine.list() };
        };
        for (const one of steps) {
          clock.advance(1);
          if ('told' in one) {
            const event = engine.act(one.does, one.name);
            if (event !== undefined && one.told) instanceEvent(event);
          } else if (one.does === 'poll' && underWay === undefined) poll();
          else if (one.does === 'finishPoll') await finish();
          else if (one.does === 'block') hides.transport.block();
          else if (one.does === 'drain') hides.transport.drain();
        }
        await finish();
        poll();
        await finish();
        hides.transport.drain();
        for (const [stream, includesArchived] of [
          [hides, false],
          [shows, true],
        ] as const) {
          const mirror = new Mirror();
          for (const frame of stream.frames()) {
            if (frame.type === 'instance_archived' && includesArchived) continue;
            mirror.take(frame);
          }
          const expected = engine
            .list()
            .filter(({ archived_at }) => includesArchived || archived_at === null);
          const plain = (list: Iterable<JsonObject>) =>
            [...list]
              .map(({ name, status, pid, port }) => ({ name, status, pid, port }))
              .sort((x, y) => (String(x.name) < String(y.name) ? -1 : 1));
          expect(plain(mirror.instances.values())).toEqual(plain(expected));
        }
        instances.close();
      }),
      { numRuns: 300 },
    );
  });
});
