import { badOption } from './telemetry-error.ts';
import type { Codec, TransportName, ViewChange, ViewOptions } from './types.ts';

/** A view with every option decided. Null where the gateway's own choice is meant. */
type WholeView = Required<ViewChange>;

/** What the gateway does unless told otherwise, and what clients have that do not say what they want. */
const defaults: WholeView = {
  mode: 'full',
  encoding: 'json',
  interval: 0,
  sections: null,
  symbol: null,
};

export type WantedView = ReturnType<typeof createView>;

/** As much of it as new connections need. */
export type AskedView = Pick<WantedView, 'wanted' | 'query'>;

/**
 * The view that the application wants: what every new connection asks for.
 * @throws TelemetryError as `propose` does
 */
export function createView(initial: ViewOptions, codec: Codec | undefined) {
  let settled = defaults;
  /** Asked for and not answered yet, in order. */
  let pending: readonly Record<string, unknown>[] = [];
  const wanted = (): WholeView => Object.assign({}, settled, ...pending);

  /**
   * Adds a change. Returns what a SUBSCRIBE says, and a function to call with the outcome: in force or not.
   * @throws TelemetryError where the gateway would refuse it for sure, or this client could not read it
   */
  const propose = (options: ViewChange): { readonly change: object; settle(isInForce: boolean): void } => {
    const { encoding, interval, sections } = options;
    const ms = interval === 'pause' ? 0 : (interval ?? 0);
    if (encoding === 'msgpack' && !codec) throw badOption('encoding: msgpack needs a codec');
    if (sections?.length === 0) throw badOption('sections: at least one');
    if (!(ms >= 0 && ms <= 60_000)) throw badOption('interval: 0 to 60000 ms');
    const change: Record<string, unknown> = {};
    for (const [option, standard] of Object.entries(defaults)) {
      const value: unknown = Reflect.get(options, option);
      if (value !== undefined) change[option] = value ?? standard;
    }
    pending = [...pending, change];
    return {
      change,
      settle(isInForce) {
        const older = pending.slice(0, pending.indexOf(change));
        pending = pending.filter((other) => other !== change);
        if (!isInForce) return;
        settled = { ...settled, ...change };
        // What was asked for before and is not decided yet does not override it.
        for (const other of older) for (const option in change) delete other[option];
      },
    };
  };

  propose(initial).settle(true);
  return {
    wanted,
    propose,
    /** The query string that asks for it. Plain HTTP is JSON always. */
    query(transport: TransportName, since: string | undefined, view = wanted()): string {
      const query = new URLSearchParams();
      for (const [option, value] of Object.entries(view)) {
        if (transport !== 'websocket' && option === 'encoding') continue;
        if (value !== Reflect.get(defaults, option)) query.set(option, String(value));
      }
      if (view.mode === 'delta' && since !== undefined) query.set('since', since);
      return query.toString();
    },
  };
}
