import { parseArgs } from 'node:util';
import { readBase } from '../client/options.ts';
import { errorMessage } from '../core/errors.ts';
import { readToken } from './token.ts';

export interface HaltArguments {
  readonly command: 'HALT' | 'RESUME';
  /** The gateway: http or https, its path ending with a slash. */
  readonly base: URL;
  readonly reason: string | undefined;
  readonly token: string | undefined;
}

const haltOptions = { reason: { type: 'string' }, token: { type: 'string' } } as const;

/**
 * @param env `TELEMETRY_TOKEN` stands in for `--token`; `PORT` is that of the local gateway
 * @returns what to do, or what is wrong with the command line
 */
export function readHaltArguments(
  name: 'halt' | 'resume',
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): HaltArguments | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: haltOptions,
      allowPositionals: true,
    });
    const [url = `http://127.0.0.1:${env.PORT || 3000}`, ...rest] = positionals;
    if (rest.length > 0) return `${name} takes one URL, not also ${rest.join(' ')}`;
    return {
      command: name === 'halt' ? 'HALT' : 'RESUME',
      base: readBase(url),
      reason: values.reason,
      token: readToken(values.token, env),
    };
  } catch (error) {
    return errorMessage(error);
  }
}
