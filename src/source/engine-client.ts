import { type Dispatcher, Pool } from 'undici';
import { readAnswerBody } from './answer-body.ts';
import { sharedConnections } from './engine-places.ts';
import { faultWords, statusWords } from './fault-words.ts';
import { PollFailure } from './poll-failure.ts';

export interface EngineClientOptions {
  /** Base URL of the engine; a path in it is kept as a prefix. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. Default none. */
  readonly token?: string;
  /** Largest body read, in bytes after decompression. Default 4 MiB. */
  readonly maxBodyBytes?: number;
}

/**
 * Whose connections a request takes. None can keep another from the engine, however many of it hang.
 *
 * - `sources`: as many as there are requests, each source having no more than one.
 * - `symbols`: at most 16; there are as many symbols as clients ask for, so further ones wait their turn.
 * - `others`: at most 16, for what is asked on behalf of somebody else.
 */
export type EngineLane = 'sources' | 'symbols' | 'others';

/** Reads from the engine over kept-alive connections. */
export interface EngineClient {
  /**
   * The body of a 2xx answer to `GET {url}{path}`.
   * @param path starts with exactly one slash
   * @param lane default `sources`
   * @throws PollFailure for everything else: other statuses, redirects, oversize bodies, lost connections, abort
   */
  get(path: string, signal: AbortSignal, lane?: EngineLane): Promise<string>;
  close(): Promise<void>;
}

/** What the engine answered, whether or not that is a success. */
export interface EngineAnswer {
  /** Never a redirect. */
  readonly status: number;
  readonly contentType: string | undefined;
  /** The header `Retry-After`. */
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** Asks the engine on behalf of somebody else, who is to be told what it answers. */
export interface EngineForwarder {
  /**
   * The answer to `GET {url}{path}`, whatever its status.
   * @param path starts with exactly one slash
   * @throws PollFailure where there is none: redirects, oversize bodies, lost connections, abort
   */
  ask(path: string, signal: AbortSignal): Promise<EngineAnswer>;
}

/** One slash first (to URLs a backslash is one), so that nothing appended to the base URL can name another host. */
export const enginePathPattern = /^\/(?![/\\])/;

const defaultMaxBodyBytes = 4 * 1024 * 1024;
/** Of a body that nobody wants: read, so that its connection can be used again. */
const maxDumpBytes = 64 * 1024;
/** Answers that say "not now" rather than "no". */
const retryableStatuses: ReadonlySet<number> = new Set([502, 503, 504]);

export function createEngineClient(options: EngineClientOptions): EngineClient & EngineForwarder {
  const base = new URL(options.url);
  const prefix = base.pathname.replace(/\/+$/, '');
  const maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes;
  const open = (connections: number | null): Pool =>
    new Pool(base.origin, { connections, pipelining: 1, keepAliveTimeout: 30_000 });
  const pools: Readonly<Record<EngineLane, Pool>> = {
    sources: open(null),
    symbols: open(sharedConnections),
    others: open(sharedConnections),
  };
  const headers = {
    accept: 'application/json',
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
  };

  const request = async <Result>(
    lane: EngineLane,
    path: string,
    signal: AbortSignal,
    read: (response: Dispatcher.ResponseData) => Promise<Result>,
  ): Promise<Result> => {
    if (!enginePathPattern.test(path) || !staysOn(base.origin, prefix + path)) {
      throw new PollFailure('shape', 'the path must start with one slash and stay on the engine');
    }
    try {
      return await read(await pools[lane].request({ path: prefix + path, method: 'GET', headers, signal }));
    } catch (error) {
      throw asPollFailure(error, signal);
    }
  };

  return {
    get: (path, signal, lane = 'sources') =>
      request(lane, path, signal, async (response) => {
        await refuseRedirect(response);
        await refuseUnlessSuccess(response);
        return await readAnswerBody(response, maxBodyBytes);
      }),
    ask: (path, signal) =>
      request('others', path, signal, async (response) => {
        await refuseRedirect(response);
        return {
          status: response.statusCode,
          contentType: firstOf(response.headers['content-type']),
          retryAfter: firstOf(response.headers['retry-after']),
          body: await readAnswerBody(response, maxBodyBytes),
        };
      }),
    async close() {
      await Promise.all(Object.values(pools).map((pool) => pool.destroy()));
    },
  };
}

function staysOn(origin: string, path: string): boolean {
  return URL.canParse(path, origin) && new URL(path, origin).origin === origin;
}

function firstOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0];
}

async function refuseRedirect({ statusCode, body }: Dispatcher.ResponseData): Promise<void> {
  if (statusCode < 300 || statusCode >= 400) return;
  await body.dump({ limit: maxDumpBytes });
  throw new PollFailure('redirect', statusWords(statusCode), { status: statusCode });
}

async function refuseUnlessSuccess({ statusCode, body }: Dispatcher.ResponseData): Promise<void> {
  if (statusCode >= 200 && statusCode < 300) return;
  await body.dump({ limit: maxDumpBytes });
  throw new PollFailure('status', statusWords(statusCode), {
    status: statusCode,
    retryable: retryableStatuses.has(statusCode),
  });
}

function asPollFailure(error: unknown, signal: AbortSignal): PollFailure {
  if (error instanceof PollFailure) return error;
  if (signal.aborted) return new PollFailure('timeout', 'no complete answer in time');
  return new PollFailure('connect', faultWords(error, 'the engine'), { retryable: true });
}
