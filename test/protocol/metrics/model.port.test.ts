import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalJson } from '../../../src/core/json.ts';
import { startGateway } from '../../support/gateway.ts';
import { startMetricsEngine } from '../../support/metrics-engine.ts';
import { type TestScope, useIn, waitFor } from '../../support/wait.ts';
import { figuresOf, sectionChoices, shownOf } from './model-figures.ts';
import { mostRequests } from './model-requests.ts';
import { type Deed, startViewer, type Viewer, type Way } from './model-viewer.ts';

const batches = 2;
const scenesPerBatch = 12;
/** Ranges that viewers choose from; one more is watched by nobody but the witness. */
const ranges = [1, 24, 168] as const;
const witnessRange = 77;
const usualDelayMs = 40;

const ways = ['websocket', 'polling', 'upgrade', 'stream'] as const satisfies readonly Way[];
const hours = fc.constantFrom(...ranges);
const interval = fc.constantFrom(1, 1, 2, 3);
const view = fc.record({
  hours,
  sections: fc.constantFrom(undefined, ...sectionChoices),
});
const subscribe = fc.record({ what: fc.constant('subscribe' as const), view, interval });
const nonsense = fc
  .constantFrom(
    ['subscribe', { hours: 'a day' }],
    ['subscribe', { hours: 1, update_interval: true }],
    ['subscribe', { sections: ['overview.nothing'] }],
    ['subscribe', [24]],
    ['set_interval', { interval: '' }],
    ['request_refresh', { hours: {} }],
    ['subscribe_tasks', undefined],
  )
  .map(([event, payload]): Deed => ({ what: 'nonsense', event: String(event), payload }));
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 2, arbitrary: nonsense },
  { weight: 4, arbitrary: subscribe },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('setInterval' as const), interval }) },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('refresh' as const),
      hours: fc.option(hours, { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('unsubscribe' as const, 'drop' as const) }) },
);
/** What befalls the engine. */
const weather = fc.constantFrom('change', 'change', 'change', 'fail', 'heal', 'hang', 'wake', 'slow');
const step = fc.record({
  happens: fc.oneof(
    // Several at once: the engine takes its time, so that they meet under way.
    {
      weight: 3,
      arbitrary: fc.record({
        who: fc.nat(ways.length - 1),
        deeds: fc.array(deed, { minLength: 1, maxLength: 4 }),
      }),
    },
    { weight: 2, arbitrary: weather },
  ),
  thenMs: fc.constantFrom(0, 0, 5, 60, 300, 700, 1100),
});
const scene = fc.record({
  first: fc.array(subscribe, { minLength: ways.length, maxLength: ways.length }),
  steps: fc.array(step, { minLength: 15, maxLength: 30 }),
});
type Scene = typeof scene extends fc.Arbitrary<infer Value> ? Value : never;

/** An engine whose figures have a version, and how it fares. */
async function startEngine(test: TestScope) {
  let version = 1;
  const engine = await useIn(
    test,
    startMetricsEngine({
      delayMs: usualDelayMs,
      snapshot: (given) => ({ ...figuresOf(version, Number(given)), timestamp: Date.now() / 1000 }),
    }),
  );
  return {
    engine,
    get version() {
      return version;
    },
    befall(what: typeof weather extends fc.Arbitrary<infer Value> ? Value : never): void {
      if (what === 'change') version += 1;
      if (what === 'fail') engine.set({ status: 500 });
      if (what === 'hang' || what === 'wake') engine.set({ hangs: what === 'hang' });
      if (what === 'slow') engine.set({ delayMs: 5 * usualDelayMs });
      if (what === 'heal') engine.set({ status: 200, delayMs: usualDelayMs });
    },
  };
}

describe('Viewers of metrics who come, change their minds and go, while their engine falters', () => {
  it(`are told what the protocol says in each of ${batches * scenesPerBatch} scenes`, {
    timeout: 900_000,
  }, async (test) => {
    const heard = { metrics_update: 0, error: 0 };

    async function play({ first, steps }: Scene): Promise<void> {
      const world = await startEngine(test);
      const { engine } = world;
      const settings = { ENGINE_URL: engine.url, MAX_CONNECTIONS_PER_IP: '0' };
      const gateway = await useIn(test, startGateway({ engine: false, settings }));
      const viewers = ways.map((way) => startViewer(gateway.url, way));
      for (const viewer of viewers) test.onTestFinished(() => viewer.stop());
      for (const [index, subscribing] of first.entries()) viewers[index]?.does(subscribing);
      for (const { happens, thenMs } of steps) {
        if (typeof happens === 'string') world.befall(happens);
        else for (const each of happens.deeds) viewers[happens.who]?.does(each);
        await new Promise((resolve) => setTimeout(resolve, thenMs));
      }
      await settle(world, viewers);
      await fallSilent(world, gateway.url, viewers);
      const diaries = viewers.map(({ entries }) => entries);
      for (const range of ranges) {
        expect(engine.count(range)).toBeLessThanOrEqual(mostRequests(diaries, range, Date.now() / 1000));
      }
      for (const viewer of viewers) {
        viewer.check();
        heard.metrics_update += viewer.heard('metrics_update');
        heard.error += viewer.heard('error');
        viewer.stop();
      }
      await gateway.stop();
      await engine.stop();
    }

    const batch = fc.array(scene, { minLength: scenesPerBatch, maxLength: scenesPerBatch });
    await fc.assert(
      fc.asyncProperty(batch, async (scenes) => {
        await Promise.all(scenes.map(play));
      }),
      { numRuns: batches, endOnFailure: true },
    );
    expect(heard.metrics_update).toBeGreaterThan(10 * batches * scenesPerBatch);
    expect(heard.error).toBeGreaterThan(batches);
  });
});

type World = Awaited<ReturnType<typeof startEngine>>;

/** Once the engine is well again all refreshes are answered, and all see its newest figures. */
async function settle(world: World, viewers: readonly Viewer[]): Promise<void> {
  for (const what of ['wake', 'heal', 'change'] as const) world.befall(what);
  const following = viewers.flatMap((viewer) =>
    viewer.wanted === undefined ? [] : [[viewer, viewer.wanted.view] as const],
  );
  for (const [viewer, wanted] of following) {
    await waitFor(
      `the newest figures of ${JSON.stringify(wanted)}`,
      () => {
        const figures = viewer.check().last?.figures;
        return figures !== undefined && equalJson(figures, shownOf(world.version, wanted));
      },
      { state: () => viewer.entries.slice(-3) },
    );
  }
  for (const viewer of viewers) {
    await waitFor('a connection', () => viewer.isConnected);
    await waitFor('all refreshes to be answered', () => viewer.check().unanswered === 0, {
      state: () => viewer.entries.slice(-3),
    });
  }
}

/** Whoever unsubscribed hears nothing of what still changes, and costs the engine nothing. */
async function fallSilent(world: World, url: string, viewers: readonly Viewer[]): Promise<void> {
  const before = viewers.map((viewer) => viewer.heard('unsubscribed'));
  for (const viewer of viewers) viewer.does({ what: 'unsubscribe' });
  await waitFor('all to be unsubscribed', () =>
    viewers.every(
      (viewer, index) => ways[index] === 'stream' || viewer.heard('unsubscribed') > (before[index] ?? 0),
    ),
  );
  const heardBefore = viewers.map((viewer) => viewer.entries.length);
  const witness = startViewer(url, 'websocket');
  witness.does({ what: 'subscribe', view: { hours: witnessRange }, interval: 1 });
  await waitFor('the witness', () => witness.heard('metrics_update') === 1);
  const askedBefore = ranges.map((range) => world.engine.count(range));
  for (const count of [2, 3, 4]) {
    world.befall('change');
    await waitFor('the witness to see it', () => witness.heard('metrics_update') === count);
  }
  expect(viewers.map((viewer) => viewer.entries.length)).toEqual(heardBefore);
  expect(ranges.map((range) => world.engine.count(range))).toEqual(askedBefore);
  witness.check();
  witness.stop();
}
