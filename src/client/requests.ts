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

/** Those who wait for an answer of the gateway, or for a connection. */
export class Requests {
  readonly #clock: Clock;
  readonly #all = new Set<Waiting>();
  /** Connections kept for the answers to come by, and for nothing else. */
  readonly #retired = new Set<Closable>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves with the ACK, or when there is a connection. Rejects with the ERROR, or a code of the client's own. */
  wait(awaited: Awaited): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        ...awaited,
        cancelTimeout: this.#clock.after(awaited.timeoutMs, () =>
          this.#reject([waiting], ['TIMEOUT', 'no answer in time']),
        ),
        resolve,
        reject,
      };
      this.#all.add(waiting);
      if (this.#isClosed) this.close();
    });
  }

  /** Takes an answer. False: nobody waits for it. */
  settle(answer: AckPacket | ErrorPacket): boolean {
    const [waiting] = this.#find(
      ({ connection, requestId }) => connection !== undefined && requestId === answer.requestId,
    );
    if (waiting === undefined) return false;
    this.#take(waiting);
    if (answer.type === 'ACK') waiting.resolve(answer);
    else waiting.reject(new TelemetryError(answer.code, answer.message, answer));
    return true;
  }

  /** There is a connection, with these options. */
  connected(granted: Granted | undefined): void {
    for (const waiting of this.#find(({ connection }) => connection === undefined)) {
      this.#take(waiting);
      waiting.resolve({ granted });
    }
  }

  /** A connection was refused for its view: so is every change of the view that waits for one. */
  refuse(fault: ViewFault): void {
    this.#reject(
      this.#find(({ connection, command }) => connection === undefined && command === 'SUBSCRIBE'),
      fault,
    );
  }

  /** A connection is over: what was sent by it will not be answered. */
  end(connection: Closable): void {
    this.#retired.delete(connection);
    this.#reject(this.#by(connection), ['DISCONNECTED', 'the connection ended']);
  }

  /** Closes a connection when nothing is waited for by it: perhaps at once. */
  retire(connection: Closable): void {
    this.#retired.add(connection);
    if (this.#by(connection).length === 0) connection.close();
  }

  close(): void {
    this.#isClosed = true;
    this.#reject([...this.#all], ['CLOSED', 'the client is closed']);
  }

  #find(applies: (waiting: Waiting) => boolean): Waiting[] {
    return [...this.#all].filter(applies);
  }

  #by(connection: Closable): Waiting[] {
    return this.#find((waiting) => waiting.connection === connection);
  }

  #reject(rejected: Waiting[], [code, message]: ViewFault): void {
    for (const waiting of rejected) {
      const { command, requestId } = waiting;
      this.#take(waiting);
      waiting.reject(new TelemetryError(code, `${command}: ${message}`, { command, requestId }));
    }
  }

  /** A wait is over. */
  #take(waiting: Waiting): void {
    waiting.cancelTimeout();
    this.#all.delete(waiting);
    for (const connection of this.#retired) this.retire(connection);
  }
}
