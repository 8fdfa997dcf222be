import { Client, type Dispatcher } from 'undici';
import { readAnswerBody } from '../../../source/answer-body.ts';
import { faultWords } from '../../../source/fault-words.ts';
import { createOneConnection } from '../../../source/one-connection.ts';
import { PollFailure } from '../../../source/poll-failure.ts';
import {
  connectionFailure,
  type EngineAnswer,
  readEngineAnswer,
  tooLargeAnswer,
  unreadableAnswer,
} from './answer.ts';
import type { Command } from './outcome.ts';

/** What every attempt of one command carries unchanged. */
export interface CommandRequest {
  /** Sent as `Idempotency-Key`. */
  readonly key: string;
  readonly reason?: string;
}

/** One attempt at a command, over a connection that carries nothing else. */
export interface CommandExchange {
  /** Never rejects. */
  readonly answer: Promise<EngineAnswer>;
  /** Whether a byte of the request may have left. Once false and aborted, it stays false. */
  sent(): boolean;
  abort(): void;
}

export interface EngineCommands {
  /** @param permit asked just before the first byte is written; where it says no, none is */
  send(command: Command, request: CommandRequest, permit?: () => boolean): CommandExchange;
  /** Ends every attempt, and lets none begin. */
  close(): Promise<void>;
}

export interface EngineCommandsOptions {
  /** Base URL of the engine; a path in it is kept as a prefix. */
  readonly engineUrl: string;
  /** Sent as `Authorization: Bearer`. Default none. */
  readonly engineToken?: string;
}

const paths: Readonly<Record<Command, string>> = { HALT: '/api/system/halt', RESUME: '/api/system/resume' };
const maxBodyBytes = 64 * 1024;
/** A backstop: whoever sends gives up earlier. */
const connectTimeoutMs = 5000;

/**
 * Every attempt opens a connection of its own. Commands are too rare for a kept connection to be still open when
 * one comes, and three things follow that cannot be had otherwise: no poll, no RESUME and no earlier HALT can
 * stand before a HALT; a connection that died unnoticed never swallows one; and whether a request may have left
 * is known exactly, since until its connection stands there is nothing it could have been written to.
 */
export function createEngineCommands({ engineUrl, engineToken }: EngineCommandsOptions): EngineCommands {
  const base = new URL(engineUrl);
  const prefix = base.pathname.replace(/\/+$/, '');
  const clients = new Set<Client>();
  let closed = false;

  const send = (command: Command, { key, reason }: CommandRequest, permit = () => true): CommandExchange => {
    let aborted = false;
    const connection = createOneConnection(connectTimeoutMs, () => !aborted && !closed && permit());
    const client = new Client(base.origin, {
      // Tells the engine that this connection ends with its answer.
      pipelining: 0,
      // The sender bounds the time by its own clock.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: connection.connect,
    });
    clients.add(client);
    const end = async (): Promise<void> => {
      try {
        await client.destroy();
      } catch {
        // Nothing is left to end.
      }
      clients.delete(client);
    };

    const answer = async (): Promise<EngineAnswer> => {
      try {
        if (closed) return connectionFailure('aborted', false);
        const response = await client.request({
          method: 'POST',
          path: prefix + paths[command],
          headers: {
            accept: 'application/json',
            'content-type': 'application/json',
            'idempotency-key': key,
            ...(engineToken === undefined ? {} : { authorization: `Bearer ${engineToken}` }),
          },
          body: JSON.stringify(reason === undefined ? {} : { reason }),
        });
        return await readAnswer(command, response);
      } catch (error) {
        return connectionFailure(
          aborted || closed ? 'aborted' : faultWords(error, 'the engine'),
          connection.sent(),
        );
      } finally {
        void end();
      }
    };

    return {
      answer: answer(),
      sent: connection.sent,
      abort() {
        aborted = true;
        void end();
      },
    };
  };

  return {
    send,
    async close() {
      closed = true;
      await Promise.allSettled([...clients].map((client) => client.destroy()));
    },
  };
}

async function readAnswer(command: Command, response: Dispatcher.ResponseData): Promise<EngineAnswer> {
  const { statusCode } = response;
  try {
    return readEngineAnswer(command, statusCode, await readAnswerBody(response, maxBodyBytes));
  } catch (error) {
    if (!(error instanceof PollFailure)) throw error;
    if (error.reason === 'too_large') return tooLargeAnswer(command, statusCode, maxBodyBytes);
    return unreadableAnswer(command, statusCode, error.message);
  }
}
