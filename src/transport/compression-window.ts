import { fullWindowBits, leastWindowBits } from './deflate.ts';
import type { Frame } from './frame.ts';
import type { Frames } from './frames.ts';

/** What one client's decompressor remembers of the messages it was sent: decides in which form it gets the next. */
export class CompressionWindow {
  readonly #bits: number;
  /** Whether the client keeps its window from one message to the next, and all of it. */
  readonly #lasts: boolean;
  /** `id` of the message that the window ends with. 0: of none. */
  #holds = 0;

  constructor(bits: number, lasts: boolean) {
    this.#bits = bits;
    this.#lasts = lasts;
  }

  /** The form in which the client can be sent a message now. It must be sent, unless the connection fails. */
  take(frames: Frames): Frame {
    if (!this.#lasts) return frames.alone(this.#bits);
    const linked = this.#holds === frames.base;
    this.#holds = frames.id;
    return linked ? frames.linked : frames.alone(this.#bits);
  }
}

/**
 * The window that a client has by the terms of its handshake.
 * @param terms the response's `Sec-WebSocket-Extensions` (RFC 7692 §7.1)
 * @returns undefined where its messages are not compressed
 */
export function windowByTerms(terms: string): CompressionWindow | undefined {
  if (!terms.includes('permessage-deflate')) return undefined;
  const bits = Number(/server_max_window_bits=(\d+)/.exec(terms)?.[1] ?? fullWindowBits);
  if (bits < leastWindowBits) return undefined;
  return new CompressionWindow(
    bits,
    bits === fullWindowBits && !terms.includes('server_no_context_takeover'),
  );
}
