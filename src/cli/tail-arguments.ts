import { parseArgs } from 'node:util';
import { msgpack } from '../client/msgpack.ts';
import { readBase } from '../client/options.ts';
import type { TelemetryClientOptions } from '../client/types.ts';
import { createView } from '../client/view.ts';
import { errorMessage } from '../core/errors.ts';
import { readToken } from './token.ts';

export interface TailArguments {
  readonly connect: TelemetryClientOptions & { readonly url: string };
  /** Print the WELCOME and exit. */
  readonly once: boolean;
  /** With `once`: any WELCOME will do, however stale the state. */
  readonly any: boolean;
  /** A JSON object a line. */
  readonly json: boolean;
}

const tailOptions = {
  mode: { type: 'string', default: 'full' },
  encoding: { type: 'string', default: 'json' },
  interval: { type: 'string' },
  sections: { type: 'string' },
  symbol: { type: 'string' },
  token: { type: 'string' },
  once: { type: 'boolean', default: false },
  any: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/**
 * @param env `TELEMETRY_TOKEN` stands in for `--token`
 * @returns what to do, or what is wrong with the command line
 */
export function readTailArguments(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): TailArguments | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: tailOptions,
      allowPositionals: true,
    });
    const [url, ...rest] = positionals;
    if (url === undefined) return 'tail needs a URL, such as ws://localhost:3000';
    if (rest.length > 0) return `tail takes one URL, not also ${rest.join(' ')}`;
    const { mode, encoding, interval, sections, symbol, once, any, json } = values;
    const token = readToken(values.token, env);
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
    // Both throw as the client would.
    readBase(url);
    createView(connect, msgpack);
    return { connect, once, any, json };
  } catch (error) {
    return errorMessage(error);
  }
}
