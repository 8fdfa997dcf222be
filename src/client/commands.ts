import type { Clock } from '../core/clock.ts';
import type { JsonObject } from '../core/json.ts';
import { randomId } from '../core/random.ts';
import type { Granted } from '../wire/packet.ts';
import type { Ladder } from './ladder.ts';
import type { Link } from './link.ts';
import type { Awaited, Outcome, Requests } from './requests.ts';
import { TelemetryError } from './telemetry-error.ts';
import type { CommandOptions, TelemetryClient } from './types.ts';
import type { View } from './view.ts';

export interface CommandsOptions {
  readonly ladder: Ladder;
  readonly requests: Requests;
  readonly view: View;
  readonly clock: Clock;
  /** For an answer, unless a command says otherwise. */
  readonly answerMs: number;
}

type Request = Pick<Awaited, 'command' | 'requestId'>;

const notConnected = ['NOT_CONNECTED', 'nothing was sent'] as const;

/** What the application asks of the gateway, and is answered. */
export type Commands = Pick<TelemetryClient, 'command' | 'setOptions'>;

export function createCommands({ ladder, requests, view, clock, answerMs }: CommandsOptions): Commands {
  const ask = (link: Link, request: Request, fields: JsonObject, timeoutMs: number): Promise<Outcome> => {
    const answer = requests.wait({ ...request, link, timeoutMs, late: ['TIMEOUT', 'no answer in time'] });
    link.send?.({ ...fields, type: request.command, requestId: request.requestId });
    return answer;
  };

  /** The live connection, where it is a WebSocket. */
  const socket = (): Link | undefined => {
    const link = ladder.live?.link;
    return link?.send === undefined ? undefined : link;
  };

  const putInForce = async (change: JsonObject): Promise<Granted | undefined> => {
    const request = { command: 'SUBSCRIBE', requestId: randomId(), timeoutMs: answerMs };
    const link = socket();
    try {
      if (link !== undefined) return (await ask(link, request, change, answerMs)).granted;
      ladder.renew();
    } catch (error) {
      // The next connection asks for it from the start.
      if (!isCode(error, 'DISCONNECTED')) throw error;
    }
    return (await requests.wait({ ...request, late: ['TIMEOUT', 'no answer in time'] })).granted;
  };

  return {
    async command(command, options: CommandOptions = {}) {
      const { reason, requestId = randomId(), timeoutMs = answerMs } = options;
      const request = { command, requestId };
      const until = clock.monotonic() + timeoutMs;
      let link = socket();
      while (link === undefined) {
        // HALT is worth waiting for a connection; a RESUME that comes late may meet another situation.
        const waits = command === 'HALT' && ladder.has('websocket');
        if (waits) ladder.wake();
        const leftMs = waits ? Math.max(0, until - clock.monotonic()) : 0;
        await requests.wait({ ...request, timeoutMs: leftMs, late: notConnected });
        link = socket();
      }
      const fields = reason === undefined ? {} : { reason };
      const { result = null } = await ask(link, request, fields, until - clock.monotonic());
      return { ...request, result };
    },
    async setOptions(options) {
      const { change, settle } = view.propose(options);
      try {
        const granted = await putInForce(change);
        settle(true);
        return granted;
      } catch (error) {
        settle(false);
        // It may be in force all the same, or tried again and again: only a new connection has the old view for sure.
        if (isCode(error, 'TIMEOUT')) ladder.renew();
        throw error;
      }
    },
  };
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof TelemetryError && error.code === code;
}
