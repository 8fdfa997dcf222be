import { Client, type Dispatcher } from 'undici';
import type { Cancel, Clock } from '../../../core/clock.ts';
import type { JsonValue } from '../../../core/json.ts';
import { readAnswerBody } from '../../../source/answer-body.ts';
import { faultWords } from '../../../source/fault-words.ts';
import { OneConnection } from '../../../source/one-connection.ts';
import { PollFailure } from '../../../source/poll-failure.ts';
import type { PolledState } from '../document/documents.ts';
import { connectionFailure, readEngineAnswer, showsDone, unreadableAnswer } from './answer.ts';
import { type CommandOrder, type CommandOutcome, type CommandType, maxReasonLength } from './order.ts';

/** What every attempt of one command carries unchanged. */
export interface CommandRequest {
  readonly type: CommandType;
  /** Sent as `Idempotency-Key`. */
  readonly key: string;
  readonly reason?: string | undefined;
}

const paths: Readonly<Record<CommandType, string>> = {
  HALT: '/api/system/halt',
  RESUME: '/api/system/resume',
};
const maxBodyBytes = 64 * 1024;
/** Only a safeguard: whoever sends gives up earlier. */
const connectTimeoutMs = 5000;
const askEveryMs = 250;

interface CommandEngineOptions {
  /** A path in it is kept as a prefix. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string | undefined;
  readonly clock: Clock;
  readonly polls: PolledState;
  /** A fresh unguessable `Idempotency-Key`. */
  readonly newKey?: () => string;
}

/** The engine as commands reach it: by requests, and by its polled state, which shows what answers leave open. */
export class CommandEngine {
  readonly clock: Clock;
  readonly polls: PolledState;
  readonly #base: URL;
  readonly #token: string | undefined;
  readonly #newKey: () => string;

  constructor({ url, token, clock, polls, newKey = () => crypto.randomUUID() }: CommandEngineOptions) {
    this.clock = clock;
    this.polls = polls;
    this.#base = new URL(url);
    this.#token = token;
    this.#newKey = newKey;
  }

  /** What an order is sent as. Its key is new: to one that it knows the engine would repeat its answer. */
  newRequest({ type, reason }: CommandOrder): CommandRequest {
    return { type, key: this.#newKey(), reason: reason?.slice(0, maxReasonLength) };
  }

  /** @param permit asked just before the first byte is written; where it says no, none is */
  send({ type, key, reason }: CommandRequest, permit: () => boolean): Attempt {
    const { origin, pathname } = this.#base;
    const headers = {
      accept: 'application/json',
      'content-type': 'application/json',
      'idempotency-key': key,
      authorization: this.#token === undefined ? undefined : `Bearer ${this.#token}`,
    };
    const path = pathname.replace(/\/+$/, '') + paths[type];
    const body = JSON.stringify({ reason });
    return new Attempt(type, { origin, path, method: 'POST', headers, body }, permit);
  }
}

/**
 * One attempt at a command, over a connection that carries nothing else. Commands are too rare for a kept connection
 * to be still open when one comes, and three things follow that cannot be had otherwise: no poll, no RESUME and no
 * earlier HALT can stand before a HALT; a connection that died unnoticed never swallows one; and whether a request
 * may have left is known exactly, since until its connection stands there is nothing it could have been written to.
 */
export class Attempt {
  /** Never rejects. */
  readonly answer: Promise<CommandOutcome>;
  readonly #connection: OneConnection;
  readonly #client: Client;
  #isAborted = false;

  constructor(
    command: CommandType,
    request: Dispatcher.RequestOptions & { readonly origin: string },
    permit: () => boolean,
  ) {
    this.#connection = new OneConnection(connectTimeoutMs, () => !this.#isAborted && permit());
    this.#client = new Client(request.origin, {
      // Tells the engine that this connection ends with its answer.
      pipelining: 0,
      // The sender bounds the time by its own clock.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: this.#connection.connect,
    });
    this.answer = this.#send(command, request);
  }

  /** Whether a byte of the request may have left. Once false and aborted, it stays false. */
  get isSent(): boolean {
    return this.#connection.isSent;
  }

  abort(): void {
    this.#isAborted = true;
    this.#end();
  }

  async #send(command: CommandType, request: Dispatcher.RequestOptions): Promise<CommandOutcome> {
    try {
      return await readAnswer(command, await this.#client.request(request));
    } catch (error) {
      const reason = this.#isAborted ? 'aborted' : faultWords(error, 'the engine');
      return connectionFailure(reason, this.isSent);
    } finally {
      this.#end();
    }
  }

  #end(): void {
    // Where it fails nothing is left to end.
    this.#client.destroy().catch(() => {});
  }
}

async function readAnswer(command: CommandType, response: Dispatcher.ResponseData): Promise<CommandOutcome> {
  const { statusCode } = response;
  try {
    return readEngineAnswer(command, statusCode, await readAnswerBody(response, maxBodyBytes));
  } catch (error) {
    if (!(error instanceof PollFailure)) throw error;
    const isTooLarge = error.reason === 'too_large';
    const tooLarge = `the engine's answer (HTTP ${statusCode}) is over ${maxBodyBytes} bytes`;
    return unreadableAnswer(command, statusCode, isTooLarge ? tooLarge : error.message);
  }
}

/**
 * Whether the engine's own state shows a command done whose answer leaves that open: by polls begun after its
 * request was sent, since an older one may show what was so before.
 */
export class Confirmation {
  readonly #engine: CommandEngine;
  readonly #onShown: (status: JsonValue | undefined) => void;
  readonly #stopListening: Cancel;
  #sentAt: number | undefined;
  /** What the newest poll says, where that is that it is done. */
  #shown: { readonly status: JsonValue | undefined } | undefined;
  #isInDoubt = false;
  #cancelAsk: Cancel | undefined;

  constructor(command: CommandType, engine: CommandEngine, onShown: (status: JsonValue | undefined) => void) {
    this.#engine = engine;
    this.#onShown = onShown;
    this.#stopListening = engine.polls.onStatus((status, startedAt) => {
      if (this.#sentAt === undefined || startedAt < this.#sentAt) return;
      this.#shown = showsDone(command, status) ? { status } : undefined;
      this.#tell();
    });
  }

  /** The request is about to be sent. The first attempt counts. */
  sent(): void {
    this.#sentAt ??= this.#engine.clock.monotonic();
  }

  /** The answer leaves it open, or fails to come: `onShown` is called when the state shows it done, perhaps at once. */
  doubt(): void {
    if (this.#sentAt === undefined) return;
    this.#isInDoubt = true;
    if (this.#cancelAsk === undefined) this.#ask();
    this.#tell();
  }

  /** Ends the extra polls; what others show still counts. */
  rest(): void {
    this.#cancelAsk?.();
    this.#cancelAsk = () => {};
  }

  /** From now on nothing confirms it. */
  stop(): void {
    this.#sentAt = undefined;
    this.rest();
    this.#stopListening();
  }

  #ask(): void {
    this.#engine.polls.poll();
    this.#cancelAsk = this.#engine.clock.after(askEveryMs, () => this.#ask());
  }

  #tell(): void {
    if (this.#isInDoubt && this.#shown !== undefined) this.#onShown(this.#shown.status);
  }
}
