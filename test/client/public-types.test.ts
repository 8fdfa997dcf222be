import { describe, expect, expectTypeOf, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  type ClientState,
  type ConnectionStatus,
  createTelemetryClient,
  type Freshness,
  type FreshnessState,
  type MarketSection,
  type TelemetryClient,
  type TelemetryDocument,
  type TelemetryError,
  type ViewChange,
  type WebSocketConstructor,
} from '../../src/client/index.ts';
import { msgpack } from '../../src/client/msgpack.ts';
import { useFreshness, useTelemetry, useTelemetryStatus } from '../../src/client/react.ts';
import { createFakeClient } from '../../src/client/testing.ts';
import type { JsonValue } from '../../src/core/json.ts';
import { names, pages, tablesIn } from '../support/pages.ts';

/** Facts about types: the compiler checks them, running them does nothing. */
const unrun = (_: (client: TelemetryClient) => unknown): void => {};

describe('The types of the SDK', () => {
  it('take any WebSocket, and a token as text or from a provider', () => {
    expectTypeOf(WebSocket).toExtend<WebSocketConstructor>();
    unrun(() => createTelemetryClient({ url: new URL('http://h'), WebSocket, token: 'jwt' }));
    unrun(() =>
      createTelemetryClient({ url: 'http://h', token: () => 'jwt', encoding: 'msgpack', codec: msgpack }),
    );
    unrun(() =>
      createTelemetryClient({ url: 'http://h', token: async () => 'jwt', timing: { pollMs: 1 }, fetch }),
    );
  });

  it('refuse options that do not exist', () => {
    // @ts-expect-error url is missing
    unrun(() => createTelemetryClient({ mode: 'full' }));
    // @ts-expect-error there is no such mode
    unrun(() => createTelemetryClient({ url: 'http://h', mode: 'fast' }));
    // @ts-expect-error it is called sections
    unrun(() => createTelemetryClient({ url: 'http://h', section: ['market'] }));
    // @ts-expect-error there is no such command
    unrun((client) => client.command('STOP'));
    // @ts-expect-error there is no such event
    unrun((client) => client.on('message', () => {}));
  });

  it('know what is at a path', () => {
    unrun((client) =>
      client.select('market.price', (price) =>
        expectTypeOf(price).toEqualTypeOf<number | null | undefined>(),
      ),
    );
    unrun((client) =>
      client.select('market', (market) => expectTypeOf(market).toEqualTypeOf<MarketSection | undefined>()),
    );
    unrun((client) =>
      client.select('signal.side', (side) =>
        expectTypeOf(side).toEqualTypeOf<'BUY' | 'SELL' | 'FLAT' | null | undefined>(),
      ),
    );
    unrun((client) =>
      client.select('agents.Scout.latency_ms', (value) => expectTypeOf(value).toEqualTypeOf<unknown>()),
    );
    unrun((client) => client.select('risk.var', (value) => expectTypeOf(value).toEqualTypeOf<unknown>()));
  });

  it('know what a selector selects', () => {
    unrun((client) =>
      client.select(
        ({ logs = [] }) => logs.length,
        (count, previous) => {
          expectTypeOf(count).toEqualTypeOf<number>();
          expectTypeOf(previous).toEqualTypeOf<number | undefined>();
        },
        (a, b) => a === b,
      ),
    );
    unrun((client) =>
      expectTypeOf(useTelemetry(client, ({ market }) => market?.price)).toEqualTypeOf<
        number | null | undefined
      >(),
    );
    unrun((client) => expectTypeOf(useTelemetryStatus(client)).toEqualTypeOf<ConnectionStatus>());
  });

  it('name the states that the page describes', () => {
    const states: Record<ClientState, true> = {
      idle: true,
      connecting: true,
      live: true,
      polling: true,
      stale: true,
      unauthorized: true,
      refused: true,
      closed: true,
    };
    const { text = '' } = pages.find(({ path }) => path === 'src/client/README.md') ?? {};
    const described = tablesIn(text, '`status.state`', 'meaning').map(([state]) => names(state)[0]);
    expect(described).toEqual(Object.keys(states));
  });

  it('know the application’s own document, from the client on', () => {
    interface Own extends TelemetryDocument {
      readonly risk: { readonly var: number };
    }
    const made = () => createTelemetryClient<Own>({ url: 'http://h' });
    expectTypeOf(made).returns.toEqualTypeOf<TelemetryClient<Own>>();
    const use = (_: (client: TelemetryClient<Own>) => unknown): void => {};
    use((client) =>
      client.select('risk.var', (value) => expectTypeOf(value).toEqualTypeOf<number | undefined>()),
    );
    use((client) =>
      client.select('market.price', (price) =>
        expectTypeOf(price).toEqualTypeOf<number | null | undefined>(),
      ),
    );
    // Nothing is known at first.
    use(({ document }) => expectTypeOf(document.risk).toEqualTypeOf<{ readonly var: number } | undefined>());
    use((client) =>
      client.on('update', ({ document }) => expectTypeOf(document).toEqualTypeOf<Partial<Own>>()),
    );
    use((client) =>
      expectTypeOf(useTelemetry(client, ({ risk }) => risk?.var)).toEqualTypeOf<number | undefined>(),
    );
    use((client) => expectTypeOf(useFreshness(client, 'risk.var').state).toEqualTypeOf<FreshnessState>());
    use((client) => expectTypeOf(useTelemetryStatus(client)).toEqualTypeOf<ConnectionStatus>());
    use(async (client) => {
      for await (const document of client) expectTypeOf(document).toEqualTypeOf<Partial<Own>>();
    });
    // A client of more is one of less.
    expectTypeOf<TelemetryClient<Own>>().toExtend<TelemetryClient>();
    // @ts-expect-error there is no such section
    use(({ document }) => document.risk?.limit);
  });

  it('take a document of any interface, and a fake client of it', () => {
    interface Bare {
      readonly risk: { readonly var: number };
    }
    expectTypeOf(createFakeClient<Bare>).returns.toExtend<TelemetryClient<Bare>>();
    unrun(() => createFakeClient<Bare>({ document: { risk: { var: 1 } } }).play({}));
    // @ts-expect-error it is a number
    unrun(() => createFakeClient<Bare>().play({ risk: { var: '1' } }));
    expectTypeOf<Parameters<TelemetryClient<Bare>['on']>[0]>().toEqualTypeOf<
      'update' | 'state' | 'freshness' | 'granted' | 'error'
    >();
  });

  it('know what freshness says', () => {
    unrun(() => createTelemetryClient({ url: 'http://h', maxAgeMs: 2500 }));
    unrun((client) =>
      expectTypeOf(client.freshness.of('market.price').state).toEqualTypeOf<FreshnessState>(),
    );
    unrun((client) => expectTypeOf(client.freshness.of().ageMs).toEqualTypeOf<number | undefined>());
    unrun((client) =>
      client.on('freshness', (freshness) => expectTypeOf(freshness).toEqualTypeOf<Freshness>()),
    );
    unrun((client) => expectTypeOf(useFreshness(client).since).toEqualTypeOf<number | undefined>());
    // @ts-expect-error it would be that of the last change: it is asked for where it is shown
    unrun((client) => useFreshness(client).ageMs);
  });

  it('know what an event carries', () => {
    unrun((client) => client.on('error', (error) => expectTypeOf(error).toEqualTypeOf<TelemetryError>()));
    unrun((client) =>
      client.on('state', ({ state }) => expectTypeOf(state).toEqualTypeOf<ConnectionStatus['state']>()),
    );
    unrun((client) =>
      client.on('update', ({ document, changed }) => {
        expectTypeOf(document).toEqualTypeOf<TelemetryDocument>();
        expectTypeOf(changed).toEqualTypeOf<readonly string[]>();
      }),
    );
  });

  it('let nobody write to the document', () => {
    // @ts-expect-error it is shared by all who look at it
    unrun(({ document }) => document.logs?.push({}));
    unrun(({ document }) => {
      // @ts-expect-error it is shared by all who look at it
      document.status = 'HALT';
    });
    expectTypeOf<TelemetryDocument['risk']>().toEqualTypeOf<unknown>();
    expectTypeOf<NonNullable<TelemetryDocument['market']>['spread']>().toEqualTypeOf<JsonValue | undefined>();
  });

  it('take null for an option that goes back to its default', () => {
    expectTypeOf({ sections: null, symbol: null, mode: null } as const).toExtend<ViewChange>();
    unrun(async (client) => expectTypeOf((await client.command('HALT')).result).toEqualTypeOf<JsonValue>());
  });

  it('make a client something to iterate over', () => {
    unrun(async (client) => {
      for await (const document of client) expectTypeOf(document).toEqualTypeOf<TelemetryDocument>();
    });
  });
});
