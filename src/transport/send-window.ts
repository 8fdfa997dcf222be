/**
 * Bytes sent since the last answered ping after which the next ping is sent: less by a random part, or else clients
 * that connected together would all be pinged in one sweep, which would take twice as long.
 */
const probeAfterBytes = 256 * 1024;
const probeSpread = 0.5;

/**
 * Bytes sent since the last answered ping at which the client counts as not writable. Otherwise the kernels' buffers
 * would take minutes of packets for a client that reads none. Measured before compression: what matters is how many
 * packets a client is behind.
 */
export const windowBytes = 512 * 1024;

/** How many bytes a WebSocket is sent before it is pinged. @param random 0 ≤ n < 1 */
export function drawProbeAfter(random: () => number): number {
  return Math.ceil(probeAfterBytes * (1 - probeSpread * random()));
}

/** The updates that a client was sent and has not shown to have read, by its answers to pings. */
export class SendWindow {
  #unanswered = 0;
  #probeAfter = drawProbeAfter(Math.random);
  /** Bytes that the ping under way acknowledges; undefined: there is none. */
  #probed: number | undefined;

  get isOpen(): boolean {
    return this.#unanswered < windowBytes;
  }

  sent(bytes: number): void {
    this.#unanswered += bytes;
  }

  /** Whether a ping is due. It must be sent at once then. */
  takeProbe(): boolean {
    if (this.#probed !== undefined || this.#unanswered < this.#probeAfter) return false;
    this.#probed = this.#unanswered;
    return true;
  }

  /** A ping was answered. */
  answered(): void {
    this.#unanswered -= this.#probed ?? 0;
    this.#probed = undefined;
    this.#probeAfter = drawProbeAfter(Math.random);
  }
}
