import fc from 'fast-check';
import { expect, it } from 'vitest';
import { connectToFake, initialOf } from './fake-gateway.ts';
import { figures, statesOf } from './freshness-set-up.ts';

const words = ['fresh', 'stale', 'down'] as const;
const paths = [undefined, 'status', 'market', 'market.price', 'market.alpha', 'agents', 'agents.Scout'];
const maxAgeMs = 3000;

const word = fc.constantFrom(...words);
const step = fc.oneof(
  fc.record({
    do: fc.constant('packet' as const),
    state: word,
    agents: word,
    live: fc.subarray(['market.price', 'market', 'status']),
  }),
  fc.record({ do: fc.constant('pong' as const), state: fc.option(word, { nil: undefined }) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 5000 }) }),
  fc.record({ do: fc.constantFrom('initial' as const, 'gap' as const, 'end' as const) }),
);

/** What the gateway said last, which is all that a path may be fresh by. */
interface Said {
  state: string;
  agents: string;
  live: readonly string[];
  hasDocument: boolean;
  isBehind: boolean;
  isConnected: boolean;
  /** When it was said that these are fresh, or live. */
  at: { state: number; agents: number; packet: number };
}

const mayBeFresh = (said: Said, path: string | undefined, now: number): boolean => {
  if (!said.hasDocument || said.isBehind || !said.isConnected) return false;
  const source = path?.startsWith('agents') ? 'agents' : 'state';
  if (said[source] === 'fresh') return now - said.at[source] < maxAgeMs;
  // All the fields of `market` that the document has are documented.
  const isLive = path !== undefined && said.live.some((live) => path === live || path.startsWith(`${live}.`));
  return source === 'state' && isLive && now - said.at.packet < maxAgeMs;
};

it('A path is fresh where the gateway says so and no longer, and each change of that is told', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { client, clock, sockets, advance } = await connectToFake({ maxAgeMs, mode: 'delta' });
      let isTold = false;
      client.on('freshness', () => {
        isTold = true;
      });
      const never = Number.NEGATIVE_INFINITY;
      const said: Said = {
        ...{ state: '', agents: '', live: [], hasDocument: false, isBehind: false, isConnected: false },
        at: { state: never, agents: never, packet: never },
      };
      let seq = 0;
      const vouch = (): void => {
        if (said.isBehind) return;
        for (const source of ['state', 'agents'] as const) {
          if (said[source] === 'fresh') said.at[source] = clock.monotonic();
        }
      };
      const take = async (data: object, change: Partial<Said>): Promise<void> => {
        seq += 1;
        while (sockets.at(-1)?.isClosed) await advance(500);
        const socket = sockets.at(-1);
        if (said.isConnected) socket?.say({ type: 'TELEMETRY', seq, data });
        else socket?.welcome(Object(data), seq);
        Object.assign(said, { isConnected: true, isBehind: false }, change);
        said.at.packet = clock.monotonic();
        vouch();
      };
      for (const next of steps) {
        const before = statesOf(client, ...paths);
        isTold = false;
        if (next.do === 'packet') {
          const { state, agents } = next;
          const live = state === 'fresh' ? [] : next.live;
          const since = '2026-01-01T00:00:00.000Z';
          const sources = {
            state: { status: state, since, live },
            agents: { status: agents, since },
          };
          await take({ ...figures, n: seq, sources }, { state, agents, live, hasDocument: true });
        } else if (next.do === 'initial') {
          await take(initialOf(), { state: 'down', agents: '', live: [], hasDocument: false });
        } else if (next.do === 'wait') {
          await advance(next.ms);
        } else if (said.isConnected && next.do === 'pong') {
          sockets.at(-1)?.say({ type: 'PONG', t: 0, state: next.state });
          if (next.state !== undefined) said.state = next.state;
          vouch();
        } else if (said.isConnected && next.do === 'gap') {
          sockets.at(-1)?.say({ type: 'DELTA', seq: 9999, base: 9998, patch: {} });
          said.isBehind = true;
        } else if (said.isConnected && next.do === 'end') {
          sockets.at(-1)?.end();
          said.isConnected = false;
        }
        // What the client gives up by itself.
        if (client.status.state === 'stale' || client.status.transport === undefined)
          said.isConnected = false;
        const now = clock.monotonic();
        const after = statesOf(client, ...paths);
        const expected = paths.map((path) => mayBeFresh(said, path, now));
        expect(after.map((state) => state === 'fresh')).toEqual(expected);
        expect(client.freshness.isFresh).toBe(after[0] === 'fresh');
        expect(Object.keys(client.document).length > 0).toBe(said.hasDocument);
        if (after.join() !== before.join()) expect(isTold).toBe(true);
      }
      client.close();
      expect(statesOf(client, ...paths)).not.toContain('fresh');
    }),
    { numRuns: 100 },
  );
});
