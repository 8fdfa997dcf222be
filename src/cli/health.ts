import { ConfigError } from '../config/config-error.ts';
import type { Environment } from '../config/environment.ts';
import { type Listening, readListening } from '../config/listening.ts';
import { errorMessage } from '../core/errors.ts';

/** Which server is asked. */
export type Checked = 'serve' | 'engine';

/** Not imported: from 22 on Node fills in all that a module exports, and for `http` that loads fetch as well. */
const { request } = process.getBuiltinModule('node:http');

const paths = { serve: '/livez', engine: '/health' } as const;
/** With the start of the process below the 3 s that a container's health check has. */
const timeoutMs = 2000;

/**
 * Asks the server that these settings start on this machine whether it is alive.
 * @returns what is wrong; undefined: nothing
 */
export async function health(env: Environment, of: Checked): Promise<string | undefined> {
  try {
    const place = readListening(env, of);
    return await ask(place, paths[of]);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return `settings are not valid\n${error.faults.map((fault) => `  ${fault}`).join('\n')}`;
  }
}

function ask({ host, port }: Listening, path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const end = (words: string | undefined): void => {
      clearTimeout(timer);
      asking.destroy();
      resolve(words === undefined ? undefined : `${path} on port ${port} of ${host}: ${words}`);
    };
    const timer = setTimeout(() => end(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
    const asking = request({ host: addressOf(host), port, path, agent: false });
    asking.once('response', ({ statusCode }) => end(statusCode === 200 ? undefined : `HTTP ${statusCode}`));
    asking.on('error', (error) => end(errorMessage(error)));
    asking.end();
  });
}

/** A wildcard address is where to listen, not where to go. */
function addressOf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
