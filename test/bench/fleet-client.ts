import { monotonicMs } from './monotonic.ts';
import { readHead } from './packet-head.ts';
import { RawClient } from './raw-client.ts';

/** What the fleet does with what its clients see. */
export interface FleetListener {
  onWelcome(): void;
  onEnd(code: number): void;
  /** A version that this client did not have before; not told of one that ever stopped reading. */
  onUpdate(seq: number, bytes: Buffer, start: number, end: number): void;
}

/** How a client that had stopped reading caught up. */
interface CatchUp {
  readonly from: number;
  /** The newest version when it began to read again. */
  readonly target: number;
  oldBytes: number;
  tookMs: number | undefined;
}

/** One client of the fleet, and what it counts. */
export class FleetClient {
  readonly #client: RawClient;
  readonly #listener: FleetListener;
  #seq = 0;
  /** Versions up to here came before the last reset, if only to another client: they do not count. */
  #base = 0;
  #everStalled = false;
  packets = 0;
  bytes = 0;
  catchUp: CatchUp | undefined;
  closeCode: number | undefined;
  closedAt = 0;

  constructor(port: number, listener: FleetListener) {
    this.#listener = listener;
    this.#client = new RawClient(port, {
      onPacket: (bytes, start, end) => this.#onPacket(bytes, start, end),
      onEnd: (code) => {
        this.closeCode = code;
        this.closedAt = monotonicMs();
        listener.onEnd(code);
      },
    });
  }

  /** @param newest the newest version that any client has */
  reset(newest: number): void {
    this.#base = newest;
    this.packets = 0;
    this.bytes = 0;
  }

  stall(): void {
    this.#everStalled = true;
    this.#client.stall();
  }

  /** @param target the newest version that any client has */
  resume(target: number): void {
    this.catchUp = { from: monotonicMs(), target, oldBytes: 0, tookMs: undefined };
    this.#client.resume();
  }

  destroy(): void {
    this.#client.stop();
  }

  #onPacket(bytes: Buffer, start: number, end: number): void {
    const { telemetry, seq } = readHead(bytes, start);
    if (!telemetry) {
      this.#listener.onWelcome();
      return;
    }
    this.#followCatchUp(seq, end - start);
    // A version may be repeated, and a server without versions sends none twice.
    if (seq > 0 && seq <= Math.max(this.#seq, this.#base)) return;
    this.#seq = seq;
    this.packets += 1;
    this.bytes += end - start;
    if (!this.#everStalled) this.#listener.onUpdate(seq, bytes, start, end);
  }

  #followCatchUp(seq: number, length: number): void {
    const { catchUp } = this;
    if (catchUp === undefined || catchUp.tookMs !== undefined) return;
    if (seq >= catchUp.target) catchUp.tookMs = monotonicMs() - catchUp.from;
    else catchUp.oldBytes += length;
  }
}
