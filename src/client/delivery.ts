import type { JsonValue } from '../core/json.ts';
import type { Chain } from './chain.ts';
import type { ClientContext, GatewayConnection } from './connection.ts';
import { type CommandMessage, postCommand } from './http-command.ts';
import { requestFault } from './http-request.ts';
import { TelemetryError } from './telemetry-error.ts';
import type { CommandOptions, CommandResult } from './types.ts';

interface DeliveryOptions extends Pick<CommandOptions, 'signal' | 'onProgress'> {
  readonly message: CommandMessage;
  readonly timeoutMs: number;
}

/** One attempt, by one way. */
interface Sending {
  /** The WebSocket; undefined: by HTTP. */
  readonly connection: GatewayConnection | undefined;
  /** It was sent, and no answer said that it had no effect. */
  isOut: boolean;
  isOver: boolean;
}

const lookEveryMs = 500;
/** Checks without an answer by the WebSocket before HTTP is tried as well. */
const socketLooks = 2;
/** Checks after which an HTTP request counts as lost and another one is sent: longer than the gateway takes. */
const requestLooks = 6;
/** How long a refusal is held back, as another way may bring an ACK: longer than the gateway takes. */
const refusalMs = 2500;

/**
 * Brings a command to the gateway. A HALT by every way, until one brings its ACK: the gateway knows it by its id, and
 * halting twice is halting. A RESUME by one way, and by another only where certainly nothing was sent.
 */
export function deliver(
  { message, timeoutMs, signal, onProgress }: DeliveryOptions,
  chain: Chain,
  context: ClientContext,
): Promise<CommandResult> {
  const { type: command, requestId } = message;
  const { clock, fetch, requests, emitter } = context;
  return new Promise((resolve, reject) => {
    const isHalt = command === 'HALT';
    const over = new AbortController();
    const sendings: Sending[] = [];
    let refusal: TelemetryError | undefined;
    /** Why the last way failed. */
    let words = '';
    let looks = 0;
    let told: string | undefined;

    const mayBeTaken = (): boolean => sendings.some(({ isOut }) => isOut);
    const tell = (): void => {
      const state = mayBeTaken() ? 'sent' : 'unsent';
      if (state === told) return;
      told = state;
      emitter.guard(() => onProgress?.({ state }));
    };
    const end = (): void => {
      for (const stop of timers) stop();
      over.abort();
    };
    const fail = (code: string, why: string): void => {
      end();
      const effect = mayBeTaken() ? 'unknown' : 'none';
      reject(new TelemetryError(code, why, { command, requestId, effect }));
    };
    const cancel = (): void => fail('CANCELLED', 'cancelled');
    const conclude = (): void => {
      if (refusal) fail(refusal.code, refusal.message);
      else if (mayBeTaken()) fail('TIMEOUT', 'no answer in time');
      else fail('NOT_CONNECTED', `nothing was sent: ${words}`);
    };

    /** @param connection default: by HTTP */
    const attempt = async (connection?: GatewayConnection): Promise<void> => {
      const sending = { connection, isOut: connection !== undefined, isOver: false };
      sendings.push(sending);
      try {
        let result: JsonValue | undefined;
        if (connection) {
          // Not cancelled with the command: a late answer is ignored.
          const answer = requests.wait({ command, requestId, connection, timeoutMs });
          connection.send?.(message);
          tell();
          ({ result } = await answer);
        } else if (fetch) {
          result = await postCommand(fetch, context, message, {
            signal: over.signal,
            isUrgent: mayBeTaken() || chain.live?.isSilent === false,
            onSent(isOut) {
              sending.isOut = isOut;
              tell();
            },
          });
        }
        end();
        resolve({ command, requestId, result: result ?? null });
      } catch (error) {
        sending.isOver = true;
        if (!over.signal.aborted) takeFault(error, sending);
      }
    };
    const takeFault = (error: unknown, sending: Sending): void => {
      const { connection, isOut } = sending;
      words = requestFault(error).reason;
      if (error instanceof TelemetryError && !(isHalt && error.code === 'DISCONNECTED')) {
        refusal ??= error;
        if (error.effect === 'none') sending.isOut = false;
      } else if (isHalt ? connection : !isOut) look();
      else if (!isHalt) fail('DISCONNECTED', words);
      if (!refusal) return;
      if (sendings.every(({ isOver }) => isOver)) conclude();
      else timers.push(clock.after(refusalMs, conclude));
    };

    /** Starts an attempt by each way that is open now. */
    const look = (): void => {
      if (over.signal.aborted || refusal) return;
      const { live, socket } = chain;
      const isSpeaking = live?.isSilent === false;
      if (isHalt) {
        if (socket === undefined) chain.wake(looks >= socketLooks);
        else if (!sendings.some(({ connection }) => connection === socket)) void attempt(socket);
        const waits = socket && isSpeaking && looks < socketLooks;
        const isAsking = sendings.some(({ connection, isOver }) => !connection && !isOver);
        const isLost = looks % requestLooks === requestLooks - 1;
        if (fetch && !waits && (isLost || !isAsking)) void attempt();
      } else if (sendings.every(({ isOver }) => isOver)) {
        if (socket && isSpeaking) void attempt(socket);
        else if (fetch && sendings.length === 0) void attempt();
        else conclude();
      }
    };

    const timers = [
      clock.after(timeoutMs, conclude),
      clock.every(lookEveryMs, () => {
        looks += 1;
        if (isHalt) look();
        tell();
      }),
    ];
    /** Looks at once where there is a new connection. The client may be closed before. */
    const watch = (): void => {
      requests.wait({ command, requestId, timeoutMs }).then(
        () => {
          if (over.signal.aborted) return;
          look();
          watch();
        },
        (error: TelemetryError) => fail(error.code, error.message),
      );
    };
    watch();
    // Its `signal` removes the listener.
    signal?.addEventListener('abort', cancel, over);
    if (signal?.aborted) cancel();
    else look();
  });
}
