import { WebSocket } from 'ws';
import { createTelemetryClient } from '../../../src/client/index.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import { connectClient, valueAt } from '../../support/client.ts';
import type { Resource } from '../../support/wait.ts';
import type { Moment, Shown } from './judge.ts';

/** Somebody who looks at the gateway. */
export interface Viewer extends Resource {
  readonly name: string;
  readonly paceSeconds: number;
  /** What it has shown so far, oldest first. */
  readonly moments: readonly Moment[];
  /** The engine's `timestamp` as it shows it; undefined where it shows none. */
  readonly timestamp?: JsonValue | undefined;
  /** Has `moments` and `cell` brought up to date. */
  refresh(): Promise<void> | void;
  /** What it shows now, in a few words. */
  cell(): string;
}

const lookEveryMs = 50;

/** Keeps what is shown, each time that it is something else. */
export function record(moments: Moment[], at: number, shown: Shown): void {
  const last = moments.at(-1);
  if (last === undefined || JSON.stringify(last.shown) !== JSON.stringify(shown)) moments.push({ at, shown });
}

/** A client without the SDK: shows each packet until the next one. */
export async function watchPackets(
  name: string,
  url: string,
  source: string,
  paceSeconds = 0,
): Promise<Viewer> {
  // As wscat connects: with the compression that `ws` offers unasked.
  const client = await connectClient(url, { perMessageDeflate: true });
  const moments: Moment[] = [];
  const document = (): JsonObject => client.packets.at(-1)?.data ?? {};
  const statusOf = (of: string): JsonValue | undefined => valueAt(document(), 'sources', of, 'status');
  const look = (): void => {
    const latest = client.packets.at(-1);
    if (latest === undefined) return;
    record(moments, latest.at, {
      source: statusOf(source) === 'fresh',
      price: statusOf('state') === 'fresh' || stillLive(document()),
      halted: document().status === 'HALT',
      figures: figuresOf(document()),
    });
  };
  client.socket.on('message', look);
  look();
  return {
    name,
    paceSeconds,
    moments,
    get timestamp() {
      return document().timestamp;
    },
    refresh: look,
    cell() {
      const { at = Date.now() } = client.packets.at(-1) ?? {};
      const age = ((Date.now() - at) / 1000).toFixed(1).padStart(4);
      const live = stillLive(document()) ? ', price live' : '';
      return `${age} s ${document().status} ${figuresOf(document()).price}, ${source} ${statusOf(source)}${live}`;
    },
    stop: () => client.stop(),
  };
}

/** The SDK as it comes, asked all the time what it would have a page show. */
export function watchSdk(url: string, source: string): Viewer {
  const client = createTelemetryClient({ url, WebSocket });
  const moments: Moment[] = [];
  // Of the state, what no event ever brings.
  const polled = source === 'state' ? 'portfolio.nav' : source;
  const document = (): JsonObject => {
    const known: unknown = client.document;
    return isJsonObject(known) ? known : {};
  };
  const statusOf = (path: string): string => client.freshness.of(path).state;
  const look = (): void =>
    record(moments, Date.now(), {
      source: statusOf(polled) === 'fresh' || (source === 'state' && client.freshness.isFresh),
      price: statusOf('market.price') === 'fresh',
      halted: document().status === 'HALT',
      figures: figuresOf(document()),
    });
  const looking = setInterval(look, lookEveryMs);
  return {
    name: 'sdk',
    paceSeconds: 0,
    moments,
    refresh: look,
    cell() {
      const { price } = figuresOf(document());
      const says = `${polled} ${statusOf(polled)}, price ${statusOf('market.price')}`;
      return `${client.status.state} ${document().status} ${price}, ${says}`;
    },
    stop() {
      clearInterval(looking);
      client.close();
    },
  };
}

/** Whether the price is among what events still set, though the state is not fresh. */
function stillLive(document: JsonObject): boolean {
  const live = valueAt(document, 'sources', 'state', 'live');
  return Array.isArray(live) && (live.includes('market.price') || live.includes('market'));
}

function figuresOf(document: JsonObject): Shown['figures'] {
  const text = (...path: string[]): string => {
    const value = valueAt(document, ...path);
    return typeof value === 'number' ? value.toFixed(2) : String(value ?? '–');
  };
  return { price: text('market', 'price'), nav: text('portfolio', 'nav') };
}
