import { parseArgs } from 'node:util';
import { errorMessage } from '../core/errors.ts';

export interface TailArguments {
  readonly url: string;
  readonly mode: 'full' | 'delta';
  readonly encoding: 'json' | 'msgpack';
  readonly interval: number | undefined;
  readonly sections: readonly string[] | undefined;
  readonly symbol: string | undefined;
  readonly token: string | undefined;
  /** Print the WELCOME and exit. */
  readonly once: boolean;
}

const options = {
  mode: { type: 'string', default: 'full' },
  encoding: { type: 'string', default: 'json' },
  interval: { type: 'string' },
  sections: { type: 'string' },
  symbol: { type: 'string' },
  token: { type: 'string' },
  once: { type: 'boolean', default: false },
} as const;

/** The endpoint that the client looks for by itself. */
const endpoint = /\/ws\/stream\/?$/;

/** @returns what `tail` is to do, or what is wrong with the command line */
export function readTailArguments(args: readonly string[]): TailArguments | string {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [url, ...rest] = positionals;
    if (url === undefined) return 'tail needs a URL, such as ws://localhost:3000';
    if (rest.length > 0) return `tail takes one URL, not also ${rest.join(' ')}`;
    if (!URL.canParse(url) || !/^(?:ws|http)s?:$/.test(new URL(url).protocol)) {
      return `${url} is no URL that begins with ws://, wss://, http:// or https://`;
    }
    if (new URL(url).search !== '') return `${url}: options go behind it, such as --mode delta`;
    const { mode, encoding, interval, sections, symbol, token, once } = values;
    if (mode !== 'full' && mode !== 'delta') return `--mode ${mode}: expected full or delta`;
    if (encoding !== 'json' && encoding !== 'msgpack')
      return `--encoding ${encoding}: expected json or msgpack`;
    const milliseconds = interval === undefined ? undefined : Number(interval);
    if (milliseconds !== undefined && !(milliseconds >= 0 && milliseconds <= 60_000)) {
      return `--interval ${interval}: expected milliseconds from 0 to 60000`;
    }
    const list = sections?.split(',').filter((section) => section !== '');
    return {
      url: url.replace(endpoint, ''),
      mode,
      encoding,
      interval: milliseconds,
      sections: list,
      symbol,
      token,
      once,
    };
  } catch (error) {
    return errorMessage(error);
  }
}
