import type { JsonObject } from '../core/json.ts';
import { randomId } from '../core/random.ts';
import type { Granted } from '../wire/packet.ts';
import { deliver, type Ways } from './delivery.ts';
import { isLinkEnd, TelemetryError } from './telemetry-error.ts';
import type { TelemetryClient } from './types.ts';
import type { View } from './view.ts';

export interface CommandsOptions extends Ways {
  readonly view: View;
  /** For an answer, unless a command says otherwise. */
  readonly answerMs: number;
}

/** What the application asks of the gateway, and is answered. */
export type Commands = Pick<TelemetryClient, 'command' | 'setOptions'>;

export function createCommands({ view, answerMs, ...ways }: CommandsOptions): Commands {
  const { ladder, requests } = ways;

  const putInForce = async (change: JsonObject): Promise<Granted | undefined> => {
    const command = 'SUBSCRIBE';
    const requestId = randomId();
    const request = { command, requestId, timeoutMs: answerMs };
    const link = ladder.live?.link;
    try {
      if (link?.send !== undefined) {
        const answer = requests.wait({ ...request, link });
        link.send({ ...change, type: command, requestId });
        return (await answer).granted;
      }
      ladder.renew();
    } catch (error) {
      // The next connection asks for it from the start.
      if (!isLinkEnd(error)) throw error;
    }
    return (await requests.wait(request)).granted;
  };

  return {
    command: (type, { reason, requestId = randomId(), timeoutMs = answerMs, ...options } = {}) =>
      deliver({ ...options, order: { type, requestId, reason }, timeoutMs }, ways),
    async setOptions(options) {
      const { change, settle } = view.propose(options);
      try {
        const granted = await putInForce(change);
        settle(true);
        return granted;
      } catch (error) {
        settle(false);
        // It may be in force all the same, or tried again and again: only a new connection has the old view for sure.
        if (error instanceof TelemetryError && error.code === 'TIMEOUT') ladder.renew();
        throw error;
      }
    },
  };
}
