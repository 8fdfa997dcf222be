import type { Cancel, Clock } from '../core/clock.ts';
import type { JsonValue } from '../core/json.ts';
import type { AckPacket, ErrorPacket, Granted } from '../wire/packet.ts';
import { TelemetryError } from './telemetry-error.ts';

/** What is wrong with a view, as a SUBSCRIBE is told by an ERROR. */
export type ViewFault = readonly [code: string, message: string];

/** A connection, as far as is needed here. */
interface Closable {
  close(): void;
}

/** What somebody waits for. */
interface Awaited {
  readonly command: string;
  readonly requestId: string;
  /** The connection that the answer comes by. Undefined: what is waited for is a connection. */
  readonly connection?: Closable | undefined;
  readonly timeoutMs: number;
}

interface Outcome {
  readonly granted?: Granted | undefined;
  readonly result?: JsonValue | undefined;
}

interface Waiting extends Awaited {
  readonly cancelTimeout: Cancel;
  resolve(outcome: Outcome): void;
  reject(error: TelemetryError): void;
}

export type Requests = ReturnType<typeof createRequests>;

/** Requests that wait for an answer of the gateway, or for a connection. */
export function createRequests(clock: Clock) {
  const all = new Set<Waiting>();
  /** Replaced connections, kept open only for the answers that are still to come. */
  const retired = new Set<Closable>();
  let isClosed = false;

  const find = (applies: (waiting: Waiting) => boolean): Waiting[] => [...all].filter(applies);
  /** A wait is over. */
  const take = (waiting: Waiting): Waiting => {
    waiting.cancelTimeout();
    all.delete(waiting);
    for (const connection of retired) retire(connection);
    return waiting;
  };
  const reject = (rejected: readonly Waiting[], [code, message]: ViewFault): void => {
    for (const waiting of rejected) {
      const { command, requestId } = take(waiting);
      waiting.reject(new TelemetryError(code, `${command}: ${message}`, { command, requestId }));
    }
  };
  /** Closes a connection when nothing is waited for by it: perhaps at once. */
  const retire = (connection: Closable): void => {
    retired.add(connection);
    if (find((waiting) => waiting.connection === connection).length === 0) connection.close();
  };
  const close = (): void => {
    isClosed = true;
    reject(
      find(() => true),
      ['CLOSED', 'the client is closed'],
    );
  };

  return {
    /** Resolves with the ACK, or when there is a connection. Rejects with the ERROR, or a code of the client's own. */
    wait: (awaited: Awaited): Promise<Outcome> =>
      new Promise((resolve, refuse) => {
        const cancelTimeout = clock.after(awaited.timeoutMs, () =>
          reject([waiting], ['TIMEOUT', 'no answer in time']),
        );
        const waiting: Waiting = { ...awaited, cancelTimeout, resolve, reject: refuse };
        all.add(waiting);
        if (isClosed) close();
      }),
    /** Takes an answer. False: nobody waits for it. */
    settle(answer: AckPacket | ErrorPacket): boolean {
      const [waiting] = find(
        ({ connection, requestId }) => connection !== undefined && requestId === answer.requestId,
      );
      if (waiting === undefined) return false;
      if (answer.type === 'ACK') take(waiting).resolve(answer);
      else take(waiting).reject(new TelemetryError(answer.code, answer.message, answer));
      return true;
    },
    /** There is a connection, with these options. */
    connected(granted: Granted | undefined): void {
      for (const waiting of find(({ connection }) => connection === undefined)) {
        take(waiting).resolve({ granted });
      }
    },
    /**
     * A connection was refused for its view: so is every change of the view that waits for one. Returns whether any
     * did.
     */
    refuse(fault: ViewFault): boolean {
      const refused = find(({ connection, command }) => connection === undefined && command === 'SUBSCRIBE');
      reject(refused, fault);
      return refused.length > 0;
    },
    /** A connection is over: what was sent by it will not be answered. */
    end(connection: Closable): void {
      retired.delete(connection);
      reject(
        find((waiting) => waiting.connection === connection),
        ['DISCONNECTED', 'the connection ended'],
      );
    },
    retire,
    close,
  };
}
