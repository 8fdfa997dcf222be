import fc from 'fast-check';
import type { JsonObject } from '../../src/core/json.ts';
import { createViewModel, type ModelClient, type ModelView } from './view-model.ts';

/** What may happen to the views of a document. */
export type Step =
  | { readonly do: 'commit'; readonly change: JsonObject }
  | { readonly do: 'log' }
  | { readonly do: 'turn' }
  | { readonly do: 'tick' }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'join'; readonly view: ModelView; readonly count: number }
  | { readonly do: 'change'; readonly view: ModelView; readonly which: number }
  | { readonly do: 'leave' | 'block' | 'drain' | 'resync'; readonly which: number };

export const view: fc.Arbitrary<ModelView> = fc.record({
  mode: fc.constantFrom('delta', 'full'),
  encoding: fc.constantFrom('json', 'msgpack'),
  sections: fc.constantFrom(undefined, ['market'], ['logs', 'market'], ['agents']),
  interval: fc.constantFrom(0, 0, 50, 100, 250, Number.POSITIVE_INFINITY),
});
const value = fc.constantFrom<JsonObject[string]>(
  0,
  1,
  2.5,
  -0,
  'x',
  'ü',
  null,
  [],
  [1],
  [null],
  { a: 1 },
  { b: null },
);
const statusChange: fc.Arbitrary<JsonObject> = fc.record({ status: fc.constantFrom('ACTIVE', 'HALT') });
const sourcesChange: fc.Arbitrary<JsonObject> = fc.record({
  sources: fc.record({ state: fc.constantFrom('fresh', 'stale', 'down') }),
});
const change: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({
    market: fc.dictionary(fc.constantFrom('price', 'alpha', 'note'), value, { noNullPrototype: true }),
  }),
  fc.record({ agents: fc.dictionary(fc.constantFrom('A', 'B'), value, { noNullPrototype: true }) }),
  statusChange,
  sourcesChange,
  fc.record({ custom: value }),
);
const which = fc.nat({ max: 100 });
const one = fc.constant(1);
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('commit' as const), change }) },
  { weight: 4, arbitrary: fc.constantFrom<Step>({ do: 'log' }, { do: 'turn' }, { do: 'tick' }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.integer({ min: 1, max: 300 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('join' as const), view, count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('change' as const), view, which }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('leave', 'block', 'drain', 'drain', 'resync'), which }),
  },
);

/** Of views at long intervals, all that may move their slots or must not wait for them. */
export const slowView: fc.Arbitrary<ModelView> = fc.record({
  mode: fc.constantFrom('delta', 'full'),
  encoding: fc.constant('json'),
  sections: fc.constant(undefined),
  interval: fc.constantFrom(1000, 2000, 2000, Number.POSITIVE_INFINITY),
});
export const slowStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'log' }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      change: fc.oneof(statusChange, sourcesChange),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 2500 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('join' as const), view: slowView, count: one }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('change' as const), view: slowView, which }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('block', 'drain', 'resync'), which }),
  },
);

const initial: JsonObject = {
  timestamp: 't0',
  status: 'ACTIVE',
  sources: { state: 'fresh' },
  // Long enough that a delta of little is worth it.
  market: { symbol: 'SPY', price: 1, reasoning: 'The gradient of the regime is steep. '.repeat(5) },
  agents: {},
  logs: [],
};

function actOn(
  model: ReturnType<typeof createViewModel>,
  client: ModelClient,
  action: 'leave' | 'block' | 'drain' | 'resync',
): void {
  if (action === 'leave') client.transport.end();
  else if (action === 'resync') client.transport.receive('RESYNC');
  else model[action](client);
}

/** Does all of it, and lets everything settle. */
export function play(steps: readonly Step[], views: readonly ModelView[]) {
  const model = createViewModel(initial);
  let tick = 0;
  let document = initial;
  const commit = (next: JsonObject): void => {
    tick += 1;
    document = { ...document, ...next, timestamp: `t${tick}` };
    model.commit(document);
  };
  const log = (): void => {
    const logs = Array.isArray(document.logs) ? document.logs : [];
    commit({ logs: [...logs, { message: `line ${tick % 3}` }].slice(-4) });
  };
  const at = (index: number): ModelClient | undefined =>
    model.clients[index % Math.max(1, model.clients.length)];
  for (const one of views) model.join(one);
  for (const next of steps) {
    switch (next.do) {
      case 'commit':
        commit(next.change);
        break;
      case 'log':
        log();
        break;
      case 'tick':
        commit({});
        break;
      case 'turn':
        model.turn();
        break;
      case 'advance':
        model.advance(next.ms);
        break;
      case 'join':
        for (let count = 0; count < next.count; count += 1) model.join(next.view);
        break;
      case 'change': {
        const client = at(next.which);
        if (client !== undefined) model.change(client, next.view);
        break;
      }
      default: {
        const client = at(next.which);
        if (client !== undefined) actOn(model, client, next.do);
      }
    }
    model.check();
  }
  model.settle();
  return model;
}
