import { createElement, type ReactElement, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import {
  createTelemetryClient,
  type TelemetryClient,
  type TelemetryDocument,
} from '../../src/client/index.ts';
import { useFreshness, useTelemetry, useTelemetryStatus } from '../../src/client/react.ts';

/** An application in React as react.test.ts runs it in a real browser; `application` is what the test talks to. */

const client = createTelemetryClient({ url: '.' });
const renders: Record<string, number> = {};
let listeners = 0;

/** The same client, with its listeners counted. */
const watched: TelemetryClient = Object.create(client, {
  on: {
    value: (...args: Parameters<TelemetryClient['on']>) => {
      const leave = client.on(...args);
      listeners += 1;
      return () => {
        listeners -= 1;
        leave();
      };
    },
  },
});

/** A component that shows one value by name. */
function Shown({ name, read }: { readonly name: string; readonly read: () => unknown }): ReactElement {
  renders[name] = (renders[name] ?? 0) + 1;
  return createElement('output', { id: name }, JSON.stringify(read()) ?? 'nothing');
}

const price = ({ market }: TelemetryDocument) => market?.price;
const agents = ({ agents: figures }: TelemetryDocument) => figures;
const components: Readonly<Record<string, () => unknown>> = {
  price: () => useTelemetry(watched, price),
  agents: () => useTelemetry(watched, agents),
  // A new function on each render, which makes a new object each time.
  inline: () =>
    useTelemetry(
      watched,
      (document) => ({ symbol: document.market?.symbol }),
      (a, b) => a.symbol === b.symbol,
    ),
  careless: () => useTelemetry(watched, (document) => ({ symbol: document.market?.symbol })),
  state: () => useTelemetryStatus(watched).state,
  freshness: () => useFreshness(watched, 'market.price').state,
};

const page: Parameters<typeof createRoot>[0] = Reflect.get(globalThis, 'document').body;
const root = createRoot(page);
root.render(
  createElement(
    StrictMode,
    null,
    ...Object.entries(components).map(([name, read]) => createElement(Shown, { key: name, name, read })),
  ),
);

Object.assign(globalThis, {
  application: {
    client,
    counts: () => ({ renders: { ...renders }, listeners }),
    leave: () => root.unmount(),
  },
});
