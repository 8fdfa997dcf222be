import fc from 'fast-check';
import type { JsonObject } from '../../src/core/json.ts';
import type { FakeTransport } from '../support/fake-transport.ts';
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
  interval: fc.constantFrom(0, 0, 50, 100, 250),
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
const change: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({
    market: fc.dictionary(fc.constantFrom('price', 'alpha', 'note'), value, { noNullPrototype: true }),
  }),
  fc.record({ agents: fc.dictionary(fc.constantFrom('A', 'B'), value, { noNullPrototype: true }) }),
  fc.record({ status: fc.constantFrom('ACTIVE', 'HALT') }),
  fc.record({ custom: value }),
);
const which = fc.nat({ max: 100 });
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('commit' as const), change }) },
  { weight: 4, arbitrary: fc.constantFrom<Step>({ do: 'log' }, { do: 'turn' }, { do: 'tick' }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 300 }) }),
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

const initial: JsonObject = {
  timestamp: 't0',
  status: 'ACTIVE',
  // Long enough that a delta of little is worth it.
  market: { symbol: 'SPY', price: 1, reasoning: 'The gradient of the regime is steep. '.repeat(5) },
  agents: {},
  logs: [],
};

const act = {
  leave: (transport: FakeTransport | undefined) => transport?.end(),
  block: (transport: FakeTransport | undefined) => transport?.block(),
  drain: (transport: FakeTransport | undefined) => transport?.drain(),
  resync: (transport: FakeTransport | undefined) => transport?.receive('RESYNC'),
};

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
      default:
        act[next.do](at(next.which)?.transport);
    }
  }
  model.settle();
  return model;
}
