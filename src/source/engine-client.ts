import { type Dispatcher, Pool } from 'undici';
import { readAnswerBody } from './answer-body.ts';
import { enginePathPattern } from './engine-path.ts';
import { sharedConnections } from './engine-places.ts';
import { faultWords, statusWords } from './fault-words.ts';
import { PollFailure } from './poll-failure.ts';

/**
 * Whose connections a poll takes.
 *
 * - `sources`: as many as there are requests, each source having no more than one.
 * - `keyed`: at most 16; there are as many symbols and ranges as clients ask for, so further ones wait their turn.
 */
export type PollLane = 'sources' | 'keyed';
/**
 * Requests of one lane cannot keep those of another from the engine, however many of them hang. At most 16 connections
 * each have `others`, what is asked for clients, and `forwards`, what is passed on as it is.
 */
type EngineLane = PollLane | 'others' | 'forwards';

/** What the engine answered, whether or not that is a success. */
export interface ForwardedAnswer {
  /** Never a redirect. */
  readonly status: number;
  readonly contentType: string | undefined;
  /** The header `Retry-After`. */
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** A request of a client's, passed on as it is. */
export interface ForwardedRequest {
  /** Below the engine's base URL, with its query. */
  readonly path: string;
  readonly method: Dispatcher.HttpMethod;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  readonly signal: AbortSignal;
}

const defaultMaxBodyBytes = 4 * 1024 * 1024;
/** An unwanted body is read up to this size, so that its connection can be used again. */
const maxDumpBytes = 64 * 1024;
const keptAliveMs = 30_000;
/** For the first byte of what is passed on, and between two. */
const forwardTimeoutMs = 30_000;
/** Answers that say "not now" rather than "no". */
const retryableStatuses: ReadonlySet<number> = new Set([502, 503, 504]);

/** Asks the engine over kept-alive connections. A path starts with exactly one slash. */
export class EngineClient {
  readonly #origin: string;
  readonly #prefix: string;
  readonly #authorization: { readonly authorization?: string };
  readonly #maxBodyBytes: number;
  readonly #pools: Readonly<Record<EngineLane, Pool>>;

  /**
   * @param url base URL of the engine; a path in it is kept as a prefix
   * @param token sent as `Authorization: Bearer`
   * @param maxBodyBytes largest body read, after decompression
   */
  constructor({
    url,
    token,
    maxBodyBytes = defaultMaxBodyBytes,
  }: {
    readonly url: string;
    readonly token?: string | undefined;
    readonly maxBodyBytes?: number;
  }) {
    const { origin, pathname } = new URL(url);
    this.#origin = origin;
    this.#prefix = pathname.replace(/\/+$/, '');
    this.#authorization = token ? { authorization: `Bearer ${token}` } : {};
    this.#maxBodyBytes = maxBodyBytes;
    const kept = { pipelining: 1, keepAliveTimeout: keptAliveMs };
    const bounded = { ...kept, connections: sharedConnections };
    this.#pools = {
      sources: new Pool(origin, { ...kept, connections: null }),
      keyed: new Pool(origin, bounded),
      others: new Pool(origin, bounded),
      forwards: new Pool(origin, {
        connections: sharedConnections,
        headersTimeout: forwardTimeoutMs,
        bodyTimeout: forwardTimeoutMs,
      }),
    };
  }

  /**
   * The body of a 2xx answer to `GET {url}{path}`.
   * @throws PollFailure for everything else: other statuses, redirects, oversize bodies, lost connections, abort
   */
  get(path: string, signal: AbortSignal, lane: PollLane = 'sources'): Promise<string> {
    return this.#get(lane, path, signal, async (response) => {
      await refuseUnlessSuccess(response);
      return await readAnswerBody(response, this.#maxBodyBytes);
    });
  }

  /**
   * The answer to `GET {url}{path}`, whatever its status, for somebody else who is to be told what it is.
   * @throws PollFailure where there is none: redirects, oversize bodies, lost connections, abort
   */
  ask(path: string, signal: AbortSignal): Promise<ForwardedAnswer> {
    return this.#get('others', path, signal, async (response) => ({
      status: response.statusCode,
      contentType: firstOf(response.headers['content-type']),
      retryAfter: firstOf(response.headers['retry-after']),
      body: await readAnswerBody(response, this.#maxBodyBytes),
    }));
  }

  /** What the engine answers, its body unread: a redirect is an answer too. */
  forward({ path, headers, ...request }: ForwardedRequest): Promise<Dispatcher.ResponseData> {
    return this.#pools.forwards.request({
      ...request,
      path: this.#prefix + path,
      headers: { ...headers, ...this.#authorization },
    });
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#pools).map((pool) => pool.destroy()));
  }

  async #get<Result>(
    lane: EngineLane,
    path: string,
    signal: AbortSignal,
    read: (response: Dispatcher.ResponseData) => Promise<Result>,
  ): Promise<Result> {
    const whole = this.#prefix + path;
    if (!enginePathPattern.test(path) || !staysOn(this.#origin, whole)) {
      throw new PollFailure('shape', 'the path must start with one slash and stay on the engine');
    }
    const headers = { accept: 'application/json', ...this.#authorization };
    try {
      const response = await this.#pools[lane].request({ path: whole, method: 'GET', headers, signal });
      await refuseRedirect(response);
      return await read(response);
    } catch (error) {
      throw asPollFailure(error, signal);
    }
  }
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
