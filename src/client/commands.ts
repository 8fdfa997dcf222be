import { randomId } from '../core/random.ts';
import type { Granted } from '../wire/packet.ts';
import type { ClientContext, GatewayConnection } from './connection.ts';
import { deliver } from './delivery.ts';
import type { FallbackChain } from './fallback-chain.ts';
import { TelemetryError } from './telemetry-error.ts';
import type { TelemetryClient } from './types.ts';
import type { WantedView } from './view.ts';

/** What the application asks of the gateway, and is answered. */
export function createCommands(
  view: WantedView,
  chain: FallbackChain,
  context: ClientContext,
): Pick<TelemetryClient, 'command' | 'setOptions'> {
  const { requests, timing } = context;
  const { answerMs } = timing;

  return {
    command: (type, { reason, requestId = randomId(), timeoutMs = answerMs, ...options } = {}) =>
      deliver({ ...options, message: { type, requestId, reason }, timeoutMs }, chain, context),
    async setOptions(options) {
      const { change, settle } = view.propose(options);
      const { live } = chain;
      const command = 'SUBSCRIBE';
      const requestId = randomId();
      const wait = async (connection?: GatewayConnection): Promise<Granted | undefined> => {
        const { granted } = await requests.wait({ command, requestId, connection, timeoutMs: answerMs });
        settle(true);
        return granted;
      };
      try {
        // The next connection may have begun to open before it was to ask for that.
        if (!live?.send || chain.isOpening) chain.renew();
        const answer = wait(live?.send && live);
        live?.send?.({ ...change, type: command, requestId });
        return await answer.catch((error: unknown) => {
          if (!isCode(error, 'DISCONNECTED')) throw error;
          // The next connection asks for it from the start.
          return wait();
        });
      } catch (error) {
        settle(false);
        // It may be in force all the same, or tried again and again: only a new connection has the old view for sure.
        if (isCode(error, 'TIMEOUT') || chain.isOpening || chain.live !== live) chain.renew();
        throw error;
      }
    },
  };
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof TelemetryError && error.code === code;
}
