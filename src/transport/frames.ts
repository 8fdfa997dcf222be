import { createForm, type Message } from '../encode/message.ts';
import { deflate, type Frame, frameLength, fullWindowBits, messageFrame } from './frame.ts';

/**
 * A message as WebSocket frames: plain, and compressed in the ways that clients have agreed to (RFC 7692). Each is
 * made when the first client needs it, and shared by all that do.
 *
 * With context takeover, a client keeps the last message in its window. All clients that were sent the same message
 * last can therefore be sent the same bytes, `linked`, for which that message is the dictionary. Any other client
 * would read wrong text from them without noticing, so `base` is compared with the `id` of what it was sent last,
 * every time.
 */
export class Frames {
  readonly id: number;
  /** Bytes of `plain`. */
  readonly length: number;
  /** `id` of the message that must have been sent before `linked`. 0: there is none. */
  readonly base: number;
  readonly #message: Message;
  #plain: Frame | undefined;
  #linked: Frame | undefined;
  #alone: Map<number, Frame> | undefined;

  constructor(message: Message) {
    const { id, base, payload } = message;
    this.id = id;
    this.length = frameLength(payload.length);
    // Of a longer message, the window holds the end only.
    this.base = base !== undefined && base.payload.length <= 1 << fullWindowBits ? base.id : 0;
    this.#message = message;
  }

  /** Uncompressed. */
  get plain(): Frame {
    this.#plain ??= messageFrame(this.#message.payload, this.#message);
    return this.#plain;
  }

  /** Compressed for clients whose window of 2^15 bytes ends with the message `base`. */
  get linked(): Frame {
    const dictionary = this.base === 0 ? undefined : this.#message.base?.payload;
    this.#linked ??= this.#compressed(fullWindowBits, dictionary);
    return this.#linked;
  }

  /**
   * Compressed by itself, for a client with any window of this size.
   * @param windowBits 9 to 15
   */
  alone(windowBits: number): Frame {
    this.#alone ??= new Map();
    const frame = this.#alone.get(windowBits) ?? this.#compressed(windowBits);
    this.#alone.set(windowBits, frame);
    return frame;
  }

  #compressed(windowBits: number, dictionary?: Buffer): Frame {
    const { payload, isBinary } = this.#message;
    return messageFrame(deflate(payload, windowBits, dictionary), { isBinary, isCompressed: true });
  }
}

export const framesOf = createForm((message) => new Frames(message));

/** The smallest window that zlib can compress for; the extension also knows 8. */
const leastWindowBits = 9;

/** What one client's decompressor remembers: decides in which form it is sent the next message. */
export class CompressionWindow {
  readonly #bits: number;
  /** Whether the client keeps its window from one message to the next, and all of it. */
  readonly #lasts: boolean;
  /** `id` of the message that the window ends with. 0: there is none. */
  #holds = 0;

  constructor(bits: number, lasts: boolean) {
    this.#bits = bits;
    this.#lasts = lasts;
  }

  /** The frame that the client can read now. It must be sent, unless the connection fails. */
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
