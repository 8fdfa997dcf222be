import { parseArgs } from 'node:util';
import { readBase } from '../client/options.ts';
import { errorMessage } from '../core/errors.ts';

export interface HaltArguments {
  readonly command: 'HALT' | 'RESUME';
  /** The gateway: http or https, its path ending with a slash. */
  readonly base: URL;
  readonly reason: string | undefined;
  readonly token: string | undefined;
}

const options = { reason: { type: 'string' }, token: { type: 'string' } } as const;

/**
 * Reads the command line of `halt` and `resume`.
 *
 * @param env `TELEMETRY_TOKEN` stands in for `--token`, which everyone on the machine can see; `PORT` says where the
 *   gateway of this machine is
 * @returns what is to be done, or what is wrong
 */
export function readHaltArguments(
  name: 'halt' | 'resume',
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): HaltArguments | string {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [url = `http://127.0.0.1:${env.PORT || 3000}`, ...rest] = positionals;
    if (rest.length > 0) return `${name} takes one URL, not also ${rest.join(' ')}`;
    const token = values.token ?? (env.TELEMETRY_TOKEN || undefined);
    const fault = token === undefined ? undefined : tokenFault(token.trim());
    if (fault !== undefined) return fault;
    return {
      command: name === 'halt' ? 'HALT' : 'RESUME',
      base: readBase(url),
      reason: values.reason,
      token: token?.trim(),
    };
  } catch (error) {
    return errorMessage(error);
  }
}

/** What no header can hold would end as an error of the network. */
function tokenFault(token: string): string | undefined {
  return /^[\x21-\x7e]+$/.test(token)
    ? undefined
    : '--token (or TELEMETRY_TOKEN): expected a JSON Web Token, in one line without blanks';
}
