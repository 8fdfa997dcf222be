import type { JsonObject } from '../core/json.ts';
import { randomId } from '../core/random.ts';
import type { Granted } from '../wire/packet.ts';
import { deliver, type Ways } from './delivery.ts';
import { createPostCommand } from './http-command.ts';
import type { LaneContext } from './lane.ts';
import type { Settings } from './options.ts';
import { TelemetryError } from './telemetry-error.ts';
import type { TelemetryClient, Timing } from './types.ts';
import type { View } from './view.ts';

export interface CommandsOptions
  extends Omit<Ways, 'post'>,
    Pick<Settings, 'fetch' | 'base'>,
    Pick<LaneContext, 'tokens'> {
  readonly view: View;
  readonly timing: Pick<Timing, 'answerMs'>;
}

/** What the application asks of the gateway, and is answered. */
export type Commands = Pick<TelemetryClient, 'command' | 'setOptions'>;

export function createCommands({
  view,
  timing: { answerMs },
  fetch,
  base,
  tokens,
  ...ways
}: CommandsOptions): Commands {
  const { ladder, requests } = ways;
  const post = fetch && createPostCommand(fetch, base, tokens);

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
      if (!isCode(error, 'DISCONNECTED')) throw error;
    }
    return (await requests.wait(request)).granted;
  };

  return {
    command: (type, { reason, requestId = randomId(), timeoutMs = answerMs, ...options } = {}) =>
      deliver({ ...options, order: { type, requestId, reason }, timeoutMs }, { ...ways, post }),
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
