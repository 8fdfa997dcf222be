import { parseArgs } from 'node:util';
import { msgpack } from '../client/msgpack.ts';
import { readBase } from '../client/options.ts';
import type { TelemetryClientOptions } from '../client/types.ts';
import { createView } from '../client/view.ts';
import { errorMessage } from '../core/errors.ts';

export interface TailArguments {
  readonly connect: TelemetryClientOptions & { readonly url: string };
  /** Print the WELCOME and exit. */
  readonly once: boolean;
  /** With `once`: any WELCOME will do, whatever it says of the engine. */
  readonly any: boolean;
}

const options = {
  mode: { type: 'string', default: 'full' },
  encoding: { type: 'string', default: 'json' },
  interval: { type: 'string' },
  sections: { type: 'string' },
  symbol: { type: 'string' },
  token: { type: 'string' },
  once: { type: 'boolean', default: false },
  any: { type: 'boolean', default: false },
} as const;

/** @returns what `tail` is to do, or what is wrong with the command line */
export function readTailArguments(args: readonly string[]): TailArguments | string {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [url, ...rest] = positionals;
    if (url === undefined) return 'tail needs a URL, such as ws://localhost:3000';
    if (rest.length > 0) return `tail takes one URL, not also ${rest.join(' ')}`;
    const { mode, encoding, interval, sections, symbol, token, once, any } = values;
    if (mode !== 'full' && mode !== 'delta') return `--mode ${mode}: expected full or delta`;
    if (encoding !== 'json' && encoding !== 'msgpack')
      return `--encoding ${encoding}: expected json or msgpack`;
    if (any && !once) return '--any goes with --once';
    const connect: TailArguments['connect'] = {
      url,
      mode,
      encoding,
      ...(interval === undefined ? {} : { interval: Number(interval) }),
      ...(sections === undefined ? {} : { sections: sections.split(',').filter((name) => name !== '') }),
      ...(symbol === undefined ? {} : { symbol }),
      ...(token === undefined ? {} : { token }),
    };
    // Both throw where the client would.
    readBase(url);
    createView(connect, msgpack);
    return { connect, once, any };
  } catch (error) {
    return errorMessage(error);
  }
}
