import type { Cancel, Clock } from '../core/clock.ts';
import type { AckPacket, ErrorPacket, Granted } from '../wire/packet.ts';
import type { Emitter } from './emitter.ts';
import type { FreshnessWatch } from './freshness.ts';
import type { Replica } from './replica.ts';
import type { Requests } from './requests.ts';
import type { DocumentPacket, PacketRead, ServerPacket } from './server-packet.ts';
import { TelemetryError } from './telemetry-error.ts';
import type { ClientEvents, ClientStats } from './types.ts';

interface ReceiverOptions {
  readonly clock: Clock;
  readonly replica: Replica;
  readonly requests: Requests;
  readonly emitter: Emitter<ClientEvents>;
  /** Told what came by the connection in use, before the application is. */
  readonly freshness: FreshnessWatch;
  /** For a whole document that was asked for. */
  readonly wholeTimeoutMs: number;
  /** Has a whole document sent: by the connection in use, or by a new one where that `isStuck`. */
  readonly askForWhole: (isStuck: boolean) => void;
}

/** Takes what the gateway says: keeps the replica by it, answers requests, and tells the application. */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #counts = {
    bytes: 0,
    packets: 0,
    full: 0,
    deltas: 0,
    updates: 0,
    malformed: 0,
    resyncs: 0,
    roundTripMs: undefined as number | undefined,
  };
  #granted: Granted | undefined;
  #changedAt: number | undefined;
  /** Answers to SUBSCRIBE, given when the document that they announce is there. */
  readonly #granting: AckPacket[] = [];
  /** While a whole document is awaited. */
  #cancelWhole: Cancel | undefined;

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** What came so far. */
  get counts(): Omit<ClientStats, 'transport' | 'reconnects'> {
    return this.#counts;
  }

  /** Undefined where the connection in use tells none. */
  get granted(): Granted | undefined {
    return this.#granted;
  }

  /** When the document last changed, monotonic ms. */
  get changedAt(): number | undefined {
    return this.#changedAt;
  }

  /**
   * @param bytes of the message on the wire
   * @param isCurrent whether it came by the connection in use: by others only answers count
   */
  take(message: PacketRead, bytes: number, isCurrent: boolean): void {
    this.#counts.bytes += bytes;
    this.#counts.packets += 1;
    if (message === 'malformed') {
      this.#counts.malformed += 1;
      if (!isCurrent) return;
      // Nobody knows what was lost.
      this.#options.replica.distrust();
      this.#needWhole();
    } else if (message !== 'unknown') {
      this.#takePacket(message, isCurrent);
    }
  }

  forgetGranted(): void {
    this.#granted = undefined;
  }

  close(): void {
    this.#stopNeedingWhole();
  }

  #takePacket(packet: ServerPacket, isCurrent: boolean): void {
    const { clock, requests, freshness } = this.#options;
    if (packet.type === 'ERROR') {
      this.#takeError(packet);
    } else if (packet.type === 'PONG') {
      this.#counts.roundTripMs = clock.monotonic() - Number(packet.t);
      if (isCurrent) freshness.tookPong(packet.state);
    } else if (packet.type !== 'ACK') {
      if (isCurrent) this.#takeDocument(packet);
    } else if (packet.granted !== undefined && isCurrent) {
      this.#grant(packet.granted);
      this.#granting.push(packet);
    } else {
      requests.settle(packet);
    }
  }

  #takeError(error: ErrorPacket): void {
    if (this.#options.requests.settle(error)) return;
    // The gateway has changed the view by itself: it is the default document from here on.
    if (error.code === 'UNKNOWN_SYMBOL' && this.#granted !== undefined) {
      const { symbol: _, ...rest } = this.#granted;
      this.#grant(rest);
    }
    this.#options.emitter.emit('error', new TelemetryError(error.code, error.message, error));
  }

  #takeDocument(packet: DocumentPacket): void {
    // What was asked for by the connection before will not come by this one.
    if (packet.type === 'WELCOME') this.#stopNeedingWhole();
    this.#apply(packet);
    if (packet.type === 'WELCOME') this.#grant(packet.granted);
    if (!('data' in packet)) return;
    for (const ack of this.#granting.splice(0)) this.#options.requests.settle(ack);
  }

  #apply(packet: DocumentPacket): void {
    const { clock, replica, emitter, freshness } = this.#options;
    const previous = replica.document;
    const applied = replica.apply(packet);
    if (applied === 'gap') this.#needWhole();
    if (applied === 'gap' || applied === 'ignored') return;
    this.#stopNeedingWhole();
    this.#counts['data' in packet ? 'full' : 'deltas'] += 1;
    freshness.tookPacket();
    if (applied === 'unchanged') return;
    const { document } = replica;
    this.#changedAt = clock.monotonic();
    this.#counts.updates += 1;
    const keys = Object.keys({ ...previous, ...document });
    const changed = keys.filter((key) => previous[key] !== document[key]);
    emitter.emit('update', { document, previous, changed });
  }

  #grant(next: Granted): void {
    this.#granted = next;
    this.#options.emitter.emit('granted', next);
  }

  /** Asks for a whole document: once, however many deltas do not fit until it comes. */
  #needWhole(): void {
    if (this.#cancelWhole !== undefined) return;
    const { clock, wholeTimeoutMs, askForWhole } = this.#options;
    this.#cancelWhole = clock.after(wholeTimeoutMs, () => {
      this.#cancelWhole = undefined;
      askForWhole(true);
    });
    this.#counts.resyncs += 1;
    askForWhole(false);
  }

  #stopNeedingWhole(): void {
    this.#cancelWhole?.();
    this.#cancelWhole = undefined;
  }
}
