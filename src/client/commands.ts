import type { JsonObject } from '../core/json.ts';
import { randomId } from '../core/random.ts';
import type { Granted } from '../wire/packet.ts';
import type { ClientContext } from './connection.ts';
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

  const putInForce = async (change: JsonObject): Promise<Granted | undefined> => {
    const command = 'SUBSCRIBE';
    const requestId = randomId();
    const request = { command, requestId, timeoutMs: answerMs };
    const { live } = chain;
    try {
      if (live?.send) {
        const answer = requests.wait({ ...request, connection: live });
        live.send({ ...change, type: command, requestId });
        return (await answer).granted;
      }
      chain.renew();
    } catch (error) {
      // The next connection asks for it from the start.
      if (!isCode(error, 'DISCONNECTED')) throw error;
    }
    return (await requests.wait(request)).granted;
  };

  return {
    command: (type, { reason, requestId = randomId(), timeoutMs = answerMs, ...options } = {}) =>
      deliver({ ...options, message: { type, requestId, reason }, timeoutMs }, chain, context),
    async setOptions(options) {
      const { change, settle } = view.propose(options);
      try {
        const granted = await putInForce(change);
        settle(true);
        return granted;
      } catch (error) {
        settle(false);
        // It may be in force all the same, or tried again and again: only a new connection has the old view for sure.
        if (isCode(error, 'TIMEOUT')) chain.renew();
        throw error;
      }
    },
  };
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof TelemetryError && error.code === code;
}
