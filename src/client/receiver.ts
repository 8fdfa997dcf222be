import type { Cancel, Clock } from '../core/clock.ts';
import type { AckPacket, ErrorPacket, Granted } from '../wire/packet.ts';
import type { Emitter } from './emitter.ts';
import type { FreshnessWatch } from './freshness.ts';
import type { Replica } from './replica.ts';
import type { Requests } from './requests.ts';
import type { DocumentPacket, PacketRead, ServerPacket } from './server-packet.ts';
import { TelemetryError } from './telemetry-error.ts';
import type { ClientEvents, Timing } from './types.ts';

interface ReceiverOptions {
  readonly clock: Clock;
  readonly replica: Replica;
  readonly emitter: Emitter<ClientEvents>;
  /** `connectMs`: for a whole document that was asked for. */
  readonly timing: Pick<Timing, 'connectMs'>;
  /** Has a whole document sent: by the connection in use, or by a new one where that `isStuck`. */
  readonly askForWhole: (isStuck: boolean) => void;
  readonly requests: Requests;
  /** Told what came by the connection in use, before the application is. */
  readonly freshness: FreshnessWatch;
}

/** Takes what the gateway says: keeps the replica by it, answers requests, and tells the application. */
export function createReceiver({
  clock,
  replica,
  emitter,
  timing,
  askForWhole,
  requests,
  freshness,
}: ReceiverOptions) {
  const counts = {
    bytes: 0,
    packets: 0,
    full: 0,
    deltas: 0,
    updates: 0,
    malformed: 0,
    resyncs: 0,
    roundTripMs: undefined as number | undefined,
  };
  let granted: Granted | undefined;
  /** Of the view that the document came by: what a pause held back is not there yet when its end is granted. */
  let interval: Granted['interval'] | undefined;
  let changedAt: number | undefined;
  /** Answers to SUBSCRIBE, given when the document that they announce is there. */
  const granting: AckPacket[] = [];
  /** While a whole document is awaited. */
  let cancelWhole: Cancel | undefined;

  /** Asks for a whole document: once, however many deltas do not fit until it comes. */
  const needWhole = (): void => {
    if (cancelWhole !== undefined) return;
    cancelWhole = clock.after(timing.connectMs, () => {
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
    if (packet.type === 'WELCOME') {
      // What was asked for by the connection before will not come by this one.
      stopNeedingWhole();
      granted = packet.granted;
    }
    interval = granted?.interval;
    apply(packet);
    if (packet.type === 'WELCOME') grant(packet.granted);
    if (!('data' in packet)) return;
    for (const ack of granting.splice(0)) requests.settle(ack);
  };
  const takeError = (error: ErrorPacket): void => {
    if (requests.settle(error)) return;
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
      if (interval !== 'pause') interval = packet.granted.interval;
      grant(packet.granted);
      granting.push(packet);
    } else {
      requests.settle(packet);
    }
  };

  return {
    /** What came so far. */
    counts,
    /** Undefined where the connection in use tells none. */
    get granted(): Granted | undefined {
      return granted;
    },
    /** Of the view that the document came by. Undefined where the connection in use tells none. */
    get interval(): Granted['interval'] | undefined {
      return interval;
    },
    /** When the document last changed, monotonic ms. */
    get changedAt(): number | undefined {
      return changedAt;
    },
    /**
     * @param bytes of the message on the wire
     * @param isCurrent whether it came by the connection in use: by others only answers count
     */
    take(message: PacketRead, bytes: number, isCurrent: boolean): void {
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
    forgetGranted(): void {
      granted = interval = undefined;
    },
    close: stopNeedingWhole,
  };
}
