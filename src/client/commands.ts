import { randomId } from '../core/random.ts';
import type { Granted } from '../wire/packet.ts';
import type { Chain } from './chain.ts';
import type { ClientContext, GatewayConnection } from './connection.ts';
import { deliver } from './delivery.ts';
import { TelemetryError } from './telemetry-error.ts';
import type { TelemetryClient } from './types.ts';
import type { WantedView } from './view.ts';

/**
 * The application's requests to the gateway.
 * @param isIdle whether nothing is to be connected yet
 */
export function createCommands(
  view: WantedView,
  chain: Chain,
  context: ClientContext,
  isIdle: () => boolean,
): Pick<TelemetryClient, 'command' | 'setOptions'> {
  const { requests, timing } = context;
  const { answerMs } = timing;

  return {
    command: (type, { reason, requestId = randomId(), timeoutMs = answerMs, ...options } = {}) =>
      deliver({ ...options, message: { type, requestId, reason }, timeoutMs }, chain, context),
    async setOptions(options) {
      const { change, settle } = view.propose(options);
      if (isIdle()) {
        settle(true);
        return undefined;
      }
      const { live } = chain;
      const command = 'SUBSCRIBE';
      const requestId = randomId();
      const wait = async (connection?: GatewayConnection): Promise<Granted | undefined> => {
        const { granted } = await requests.wait({ command, requestId, connection, timeoutMs: answerMs });
        settle(true);
        return granted;
      };
      try {
        const socket = chain.subscribe({ ...change, type: command, requestId });
        return await wait(socket).catch((error: unknown) => {
          if (!isCode(error, 'DISCONNECTED')) throw error;
          // The next connection asks for it from the start.
          return wait();
        });
      } catch (error) {
        settle(false);
        // The change may be in force all the same: only a new connection certainly has the old view.
        if (isCode(error, 'TIMEOUT') || chain.isOpening || chain.live !== live) chain.renew();
        throw error;
      }
    },
  };
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof TelemetryError && error.code === code;
}
