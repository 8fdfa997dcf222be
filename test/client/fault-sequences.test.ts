import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TelemetryClient, ViewOptions } from '../../src/client/index.ts';
import { msgpack } from '../../src/client/msgpack.ts';
import { isJsonObject } from '../../src/core/json.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { createSimulation } from '../support/simulation.ts';
import { setUpViews } from '../support/view-set-up.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';
import { asJson, shortTiming, useClient } from './client-set-up.ts';

const batches = 9;
const sequencesPerBatch = 24;
const publishEveryMs = 30;
const patienceMs = 120_000;

const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Fault>({ kind: 'none' }) },
  { weight: 3, arbitrary: fc.constant<Fault>({ kind: 'cut' }) },
  { weight: 2, arbitrary: fc.constant<Fault>({ kind: 'forget' }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('cutAfter'), bytes: fc.integer({ min: 1, max: 40_000 }) }),
  },
  { weight: 2, arbitrary: fc.constant<Fault>({ kind: 'refuse' }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delay'), ms: fc.integer({ min: 1, max: 80 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('shred'), bytes: fc.integer({ min: 1, max: 900 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('stall'),
      way: fc.constantFrom('toClient', 'toServer', 'both'),
    }),
  },
);

/** What happens to one client, and the view that it has. */
const sequence = fc.record({
  view: fc.record({
    mode: fc.constantFrom('full', 'delta', 'delta'),
    encoding: fc.constantFrom('json', 'msgpack'),
    narrow: fc.boolean(),
    interval: fc.constantFrom(0, 0, 50),
  }),
  steps: fc.array(fc.tuple(fault, fc.integer({ min: 0, max: 250 })), { minLength: 2, maxLength: 8 }),
});
type Sequence = typeof sequence extends fc.Arbitrary<infer Value> ? Value : never;

function viewOf({ mode, encoding, narrow, interval }: Sequence['view']): ViewOptions {
  return { mode, encoding, interval, ...(narrow ? { sections: ['market', 'logs'] } : {}) };
}

/** Every document that a client had, by its position, whatever it was when it had it. */
function recordStates(client: TelemetryClient): Map<string, unknown> {
  const states = new Map<string, unknown>();
  client.on('update', ({ document }) => {
    if (client.position !== undefined)
      states.set(`${client.position.epoch}-${client.position.seq}`, document);
  });
  return states;
}

/** How long a client takes here to have a document, with nothing in its way, in ms. */
async function timeToLive(test: TestScope, url: string): Promise<number> {
  const startedAt = performance.now();
  const client = useClient(test, { url });
  await waitFor('a document', () => client.status.state === 'live');
  client.close();
  return performance.now() - startedAt;
}

async function suffer(proxy: FaultProxy, steps: Sequence['steps']): Promise<void> {
  for (const [next, forMs] of steps) {
    proxy.impose(next);
    await new Promise((resolve) => setTimeout(resolve, forMs));
  }
  proxy.impose({ kind: 'none' });
}

describe('A client behind a proxy that cuts, delays, stalls and forgets', () => {
  it(`has the gateway’s document after each of ${batches * sequencesPerBatch} sequences of faults`, {
    timeout: 900_000,
  }, async (test) => {
    const { gateway, publish, snapshot } = await setUpViews(test);
    const simulation = createSimulation(1);
    const used = { websocket: 0, sse: 0, polling: 0 };
    let reconnects = 0;
    let deltas = 0;
    let compared = 0;

    const usedToMs = await timeToLive(test, gateway.url);
    // Patient enough for a machine with much else to do: attempts given up too soon would only make more work.
    const answerMs = Math.max(1500, 20 * usedToMs);
    const timing = { ...shortTiming, connectMs: answerMs, silenceMs: answerMs, staleMs: answerMs / 3 };

    const run = async ({ view, steps }: Sequence, ended: Promise<void>): Promise<void> => {
      const proxy = await useIn(test, startFaultProxy(gateway.port));
      const url = `http://127.0.0.1:${proxy.port}`;
      const client = useClient(test, { url, codec: msgpack, timing, ...viewOf(view) });
      const states = recordStates(client);
      client.on('state', ({ transport }) => {
        if (transport !== undefined) used[transport] += 1;
      });
      await suffer(proxy, steps);
      await ended;
      const twin = view.narrow ? '?sections=market,logs' : '';
      const expected = asJson(await snapshot(twin));
      const timestamp = isJsonObject(expected) ? expected.timestamp : undefined;
      await waitFor(
        'the last document, by a WebSocket',
        () =>
          client.document.timestamp === timestamp &&
          client.status.state === 'live' &&
          client.status.transport === 'websocket',
        {
          timeoutMs: patienceMs,
          state: () => ({ ...client.status, ...client.stats, timestamp: client.document.timestamp }),
        },
      );
      expect(asJson(client.document)).toEqual(expected);
      await expectHistory(states, twin);
      reconnects += client.stats.reconnects;
      deltas += client.stats.deltas;
      client.close();
      await proxy.stop();
    };

    /** No state on the way was anything but a version of the gateway's. */
    const expectHistory = async (states: Map<string, unknown>, twin: string): Promise<void> => {
      const epoch = [...states.keys()].at(-1)?.split('-')[0];
      const query = twin === '' ? '?step=0' : `${twin}&step=0`;
      const history: unknown = await (await fetch(`${gateway.url}/api/telemetry/history${query}`)).json();
      if (!Array.isArray(history)) throw new Error('no history');
      for (const point of history) {
        const state = states.get(`${epoch}-${point.seq}`);
        // `timestamp` alone is no change of some sections, so that it may be that of a later version.
        if (state === undefined) continue;
        expect({ ...Object(asJson(state)), timestamp: point.data.timestamp }).toEqual(point.data);
        compared += 1;
      }
    };

    const batch = fc.array(sequence, { minLength: sequencesPerBatch, maxLength: sequencesPerBatch });
    await fc.assert(
      fc.asyncProperty(batch, async (sequences) => {
        const moving = setInterval(() => publish(simulation.next('SPY')), publishEveryMs);
        let end = (): void => {};
        const ended = new Promise<void>((resolve) => {
          end = resolve;
        });
        const runs = sequences.map((each) => run(each, ended));
        const longestMs = Math.max(
          ...sequences.map(({ steps }) => steps.reduce((sum, [, ms]) => sum + ms, 0)),
        );
        setTimeout(() => {
          clearInterval(moving);
          publish(simulation.last('SPY'));
          end();
        }, longestMs + 50);
        await Promise.all(runs);
      }),
      { numRuns: batches, endOnFailure: true },
    );
    expect(Math.min(...Object.values(used))).toBeGreaterThan(0);
    expect(reconnects).toBeGreaterThan(batches * 5);
    expect(deltas).toBeGreaterThan(100);
    // Besides each last one.
    expect(compared).toBeGreaterThan(5 * batches * sequencesPerBatch);
  });
});
