import type { Cancel, Clock } from '../core/clock.ts';
import type { AckPacket, ErrorPacket, Granted } from '../wire/packet.ts';
import type { Link, ViewFault } from './link.ts';
import { TelemetryError } from './telemetry-error.ts';

/** What somebody waits for. */
export interface Awaited {
  readonly command: string;
  readonly requestId: string;
  /** The connection that the answer comes by. Undefined: what is waited for is a connection. */
  readonly link?: Link;
  readonly timeoutMs: number;
}

type Failure = ViewFault;
export type Outcome = Pick<AckPacket, 'granted' | 'result'>;

interface Waiting extends Awaited {
  readonly cancelTimeout: Cancel;
  resolve(outcome: Outcome): void;
  reject(error: TelemetryError): void;
}

/** Those who wait for an answer of the gateway, or for a connection. */
export interface Requests {
  /** Resolves with the ACK, or when there is a connection. Rejects with the ERROR, or a code of the client's own. */
  wait(awaited: Awaited): Promise<Outcome>;
  /** Takes an answer. False: nobody waits for it. */
  settle(answer: AckPacket | ErrorPacket): boolean;
  /** There is a connection, with these options. */
  connected(granted: Granted | undefined): void;
  /** A connection was refused for its view: so is every change of the view that waits for one. */
  refuse(fault: ViewFault): void;
  /** A connection is over: what was sent by it will not be answered. */
  end(link: Link): void;
  /** Closes a connection when nothing is waited for by it: perhaps at once. */
  retire(link: Link): void;
  close(): void;
}

const closed: Failure = ['CLOSED', 'the client is closed'];
const late: Failure = ['TIMEOUT', 'no answer in time'];

export function createRequests(clock: Clock): Requests {
  const all = new Set<Waiting>();
  /** Connections kept for the answers to come by, and for nothing else. */
  const retired = new Set<Link>();
  let isClosed = false;

  const find = (applies: (waiting: Waiting) => boolean): Waiting[] => [...all].filter(applies);
  const rejectAll = (failure: Failure, applies: (waiting: Waiting) => boolean): void => {
    for (const waiting of find(applies)) take(waiting).reject(errorOf(waiting, failure));
  };
  const retire = (link: Link): void => {
    retired.add(link);
    if (find((waiting) => waiting.link === link).length > 0) return;
    retired.delete(link);
    link.close(false);
  };

  /** Its wait is over. */
  const take = (waiting: Waiting): Waiting => {
    waiting.cancelTimeout();
    all.delete(waiting);
    for (const link of retired) retire(link);
    return waiting;
  };

  return {
    wait: (awaited) =>
      new Promise((resolve, reject) => {
        if (isClosed) {
          reject(errorOf(awaited, closed));
          return;
        }
        const cancelTimeout = clock.after(awaited.timeoutMs, () =>
          rejectAll(late, (other) => other === waiting),
        );
        const waiting: Waiting = { ...awaited, cancelTimeout, resolve, reject };
        all.add(waiting);
      }),
    settle(answer) {
      const [waiting] = find(({ link, requestId }) => link !== undefined && requestId === answer.requestId);
      if (waiting === undefined) return false;
      if (answer.type === 'ACK') take(waiting).resolve(answer);
      else take(waiting).reject(new TelemetryError(answer.code, answer.message, answer));
      return true;
    },
    connected(granted) {
      const outcome = granted === undefined ? {} : { granted };
      for (const waiting of find(({ link }) => link === undefined)) take(waiting).resolve(outcome);
    },
    refuse(fault) {
      rejectAll(fault, ({ link, command }) => link === undefined && command === 'SUBSCRIBE');
    },
    end(link) {
      retired.delete(link);
      rejectAll(['DISCONNECTED', 'the connection ended'], (waiting) => waiting.link === link);
    },
    retire,
    close() {
      isClosed = true;
      rejectAll(closed, () => true);
    },
  };
}

function errorOf({ command, requestId }: Awaited, [code, message]: Failure): TelemetryError {
  return new TelemetryError(code, `${command}: ${message}`, { command, requestId });
}
