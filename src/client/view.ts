import type { JsonObject } from '../core/json.ts';
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

/** The view that the application wants: what every new connection asks for. */
export class WantedView {
  readonly #codec: Codec | undefined;
  #settled = defaults;
  /** Asked for and not answered yet, in order. */
  #pending: readonly Partial<WholeView>[] = [];

  /** @throws TelemetryError as `propose` does */
  constructor(initial: ViewOptions, codec: Codec | undefined) {
    this.#codec = codec;
    this.propose(initial).settle(true);
  }

  get wanted(): WholeView {
    return Object.assign({}, this.#settled, ...this.#pending);
  }

  /**
   * Puts a change in. Returns what a SUBSCRIBE says, and what tells its fate: it is in force, or it never will be.
   * @throws TelemetryError where the gateway would refuse it for sure, or this client could not read it
   */
  propose(options: ViewChange): { readonly change: JsonObject; settle(isInForce: boolean): void } {
    const { encoding, interval, sections } = options;
    const ms = interval === 'pause' ? 0 : (interval ?? 0);
    if (encoding === 'msgpack' && !this.#codec) throw badOption('encoding: msgpack needs a codec');
    if (sections?.length === 0) throw badOption('sections: at least one');
    if (!(ms >= 0 && ms <= 60_000)) throw badOption('interval: 0 to 60000 ms');
    const change: Partial<WholeView> = {};
    for (const [option, standard] of Object.entries(defaults)) {
      const value: unknown = Reflect.get(options, option);
      if (value !== undefined) Reflect.set(change, option, value ?? standard);
    }
    this.#pending = [...this.#pending, change];
    return {
      change,
      settle: (isInForce) => {
        this.#pending = this.#pending.filter((other) => other !== change);
        if (isInForce) this.#settled = { ...this.#settled, ...change };
      },
    };
  }

  /** The query string that asks for it. Plain HTTP is JSON always. */
  query(transport: TransportName, since: string | undefined): string {
    const view = this.wanted;
    const query = new URLSearchParams();
    for (const [option, value] of Object.entries(view)) {
      if (transport !== 'websocket' && option === 'encoding') continue;
      if (value !== Reflect.get(defaults, option)) query.set(option, String(value));
    }
    if (view.mode === 'delta' && since !== undefined) query.set('since', since);
    return query.toString();
  }
}
