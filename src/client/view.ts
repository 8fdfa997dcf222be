import type { JsonObject } from '../core/json.ts';
import { TelemetryError } from './telemetry-error.ts';
import type { Codec, TransportName, ViewChange, ViewOptions } from './types.ts';

/** A view with every option decided. Null where the gateway's own choice is meant. */
type WholeView = { readonly [Option in keyof ViewOptions]-?: NonNullable<ViewOptions[Option]> | null };

/** What the gateway does unless told otherwise. */
const gatewayDefaults: WholeView = {
  mode: 'full',
  encoding: 'json',
  interval: 0,
  sections: null,
  symbol: null,
};
/** What clients have that do not say what they want. */
const defaults: WholeView = { ...gatewayDefaults, mode: 'full' };

/** The view that the application wants: what every new connection asks for. */
export interface View {
  readonly wanted: WholeView;
  /**
   * Puts a change in. Exactly one of `keep` and `drop` is to be called when its fate is known.
   * @throws TelemetryError where this client could not read what it asks for
   */
  propose(options: ViewChange): Proposal;
  /** The query string that asks for it. Plain HTTP is JSON always. */
  query(transport: TransportName, since: string | undefined): string;
}

interface Proposal {
  /** What a SUBSCRIBE says. */
  readonly change: JsonObject;
  keep(): void;
  drop(): void;
}

/** @throws TelemetryError where this client could not read what it asks for */
export function createView(initial: ViewOptions, codec: Codec | undefined): View {
  let settled = defaults;
  /** Asked for and not answered yet, in order. */
  let pending: readonly Partial<WholeView>[] = [];
  const readWanted = (): WholeView => Object.assign({}, settled, ...pending);

  const propose: View['propose'] = (options) => {
    if (options.encoding === 'msgpack' && codec === undefined) {
      throw new TelemetryError('BAD_OPTION', 'encoding: msgpack needs a codec');
    }
    const named = Object.entries(defaults).flatMap(([option, standard]) => {
      const value: unknown = Reflect.get(options, option);
      return value === undefined ? [] : [[option, value ?? standard]];
    });
    const change: Partial<WholeView> = Object.fromEntries(named);
    pending = [...pending, change];
    const drop = (): void => {
      pending = pending.filter((other) => other !== change);
    };
    return {
      change,
      drop,
      keep() {
        drop();
        settled = { ...settled, ...change };
      },
    };
  };

  propose(initial).keep();
  return {
    get wanted() {
      return readWanted();
    },
    propose,
    query(transport, since) {
      const wanted = readWanted();
      const query = new URLSearchParams();
      for (const [option, value] of Object.entries(wanted)) {
        if (transport !== 'websocket' && option === 'encoding') continue;
        if (value !== Reflect.get(gatewayDefaults, option)) query.set(option, String(value));
      }
      if (wanted.mode === 'delta' && since !== undefined) query.set('since', since);
      return query.toString();
    },
  };
}
