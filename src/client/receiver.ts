import type { Cancel, Clock } from '../core/clock.ts';
import type { AckPacket, ErrorPacket, Granted } from '../wire/packet.ts';
import type { Emitter } from './emitter.ts';
import type { FreshnessWatch } from './freshness.ts';
import type { Replica } from './replica.ts';
import type { DocumentPacket, PacketRead, ServerPacket } from './server-packet.ts';
import { TelemetryError } from './telemetry-error.ts';
import type { ClientEvents, ClientStats } from './types.ts';

export interface ReceiverOptions {
  readonly clock: Clock;
  readonly replica: Replica;
  readonly emitter: Emitter<ClientEvents>;
  /** For a whole document that was asked for. */
  readonly wholeTimeoutMs: number;
  /** Has a whole document sent: by the connection in use, or by a new one where that `isStuck`. */
  readonly askForWhole: (isStuck: boolean) => void;
  /** Gives an answer to who waits for it. False: nobody does. */
  readonly settle: (answer: AckPacket | ErrorPacket) => boolean;
  /** Told what came by the connection in use, before the application is. */
  readonly freshness: Pick<FreshnessWatch, 'tookPacket' | 'tookPong'>;
}

type Counts = {
  -readonly [Count in keyof Omit<ClientStats, 'transport' | 'reconnects'>]: ClientStats[Count];
};

/** Takes what the gateway says: keeps the replica by it, answers requests, and tells the application. */
export interface Receiver {
  /** What came so far. */
  readonly counts: Counts;
  /** Undefined where the connection in use tells none. */
  readonly granted: Granted | undefined;
  /** When the document last changed, monotonic ms. */
  readonly changedAt: number | undefined;
  /**
   * @param bytes of the message on the wire
   * @param isCurrent whether it came by the connection in use: by others only answers count
   */
  take(message: PacketRead, bytes: number, isCurrent: boolean): void;
  forgetGranted(): void;
  close(): void;
}

export function createReceiver({
  clock,
  replica,
  emitter,
  wholeTimeoutMs,
  askForWhole,
  settle,
  freshness,
}: ReceiverOptions): Receiver {
  const counts: Counts = {
    bytes: 0,
    packets: 0,
    full: 0,
    deltas: 0,
    updates: 0,
    malformed: 0,
    resyncs: 0,
    roundTripMs: undefined,
  };
  let granted: Granted | undefined;
  let changedAt: number | undefined;
  /** Answers to SUBSCRIBE, given when the document that they announce is there. */
  const granting: AckPacket[] = [];
  /** While a whole document is awaited. */
  let cancelWhole: Cancel | undefined;

  /** Asks for a whole document: once, however many deltas do not fit until it comes. */
  const needWhole = (): void => {
    if (cancelWhole !== undefined) return;
    cancelWhole = clock.after(wholeTimeoutMs, () => {
      cancelWhole = undefined;
      askForWhole(true);
    });
    counts.resyncs += 1;
    askForWhole(false);
  };
  const stopNeedingWhole = (): void => {
    cancelWhole?.();
    cancelWhole = undefined;
  };
  const grant = (next: Granted): void => {
    granted = next;
    emitter.emit('granted', next);
  };

  const apply = (packet: DocumentPacket): void => {
    const previous = replica.document;
    const applied = replica.apply(packet);
    if (applied === 'gap') needWhole();
    if (applied === 'gap' || applied === 'ignored') return;
    stopNeedingWhole();
    counts['data' in packet ? 'full' : 'deltas'] += 1;
    freshness.tookPacket();
    if (applied === 'unchanged') return;
    const { document } = replica;
    changedAt = clock.monotonic();
    counts.updates += 1;
    const keys = Object.keys({ ...previous, ...document });
    const changed = keys.filter((key) => previous[key] !== document[key]);
    emitter.emit('update', { document, previous, changed });
  };
  const takeDocument = (packet: DocumentPacket): void => {
    // What was asked for by the connection before will not come by this one.
    if (packet.type === 'WELCOME') stopNeedingWhole();
    apply(packet);
    if (packet.type === 'WELCOME') grant(packet.granted);
    if (!('data' in packet)) return;
    for (const ack of granting.splice(0)) settle(ack);
  };
  const takeError = (error: ErrorPacket): void => {
    if (settle(error)) return;
    // The gateway has changed the view by itself: it is the default document from here on.
    if (error.code === 'UNKNOWN_SYMBOL' && granted !== undefined) {
      const { symbol: _, ...rest } = granted;
      grant(rest);
    }
    emitter.emit('error', new TelemetryError(error.code, error.message, error));
  };
  const takePacket = (packet: ServerPacket, isCurrent: boolean): void => {
    if (packet.type === 'ERROR') {
      takeError(packet);
    } else if (packet.type === 'PONG') {
      counts.roundTripMs = clock.monotonic() - Number(packet.t);
      if (isCurrent) freshness.tookPong(packet.state);
    } else if (packet.type !== 'ACK') {
      if (isCurrent) takeDocument(packet);
    } else if (packet.granted !== undefined && isCurrent) {
      grant(packet.granted);
      granting.push(packet);
    } else {
      settle(packet);
    }
  };

  return {
    counts,
    get granted() {
      return granted;
    },
    get changedAt() {
      return changedAt;
    },
    take(message, bytes, isCurrent) {
      counts.bytes += bytes;
      counts.packets += 1;
      if (message === 'malformed') {
        counts.malformed += 1;
        if (!isCurrent) return;
        // Nobody knows what was lost.
        replica.distrust();
        needWhole();
      } else if (message !== 'unknown') {
        takePacket(message, isCurrent);
      }
    },
    forgetGranted() {
      granted = undefined;
    },
    close: stopNeedingWhole,
  };
}
