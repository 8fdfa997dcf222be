import type { Message } from '../encode/message.ts';
import { deflate, fullWindowBits } from './deflate.ts';
import { createForm } from './form.ts';
import { type Frame, frameLength, messageFrame } from './frame.ts';

/**
 * A message as WebSocket frames: as it is, and compressed in the ways that clients can take it (RFC 7692). Each is
 * made when the first client needs it, and shared by all that do.
 *
 * A client with context takeover keeps what it was sent last in its window. All who were sent the same message
 * last therefore hold the same window end, and can be sent the same bytes: those of `linked`, compressed with
 * that message as dictionary. Whoever holds anything else would read wrong text from them without noticing, so
 * a sender compares `base` with the `id` of what it sent before, every time.
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
    // Of a longer one the window holds the end only, which is not what this one begins with.
    this.base = base !== undefined && base.payload.length <= 1 << fullWindowBits ? base.id : 0;
    this.#message = message;
  }

  /** As it is. */
  get plain(): Frame {
    this.#plain ??= messageFrame(this.#message.payload, this.#message);
    return this.#plain;
  }

  /** Compressed, for those whose window of 2^15 bytes ends with the message `base`. */
  get linked(): Frame {
    const dictionary = this.base === 0 ? undefined : this.#message.base?.payload;
    this.#linked ??= this.#compressed(fullWindowBits, dictionary);
    return this.#linked;
  }

  /**
   * Compressed by itself, for a client with any window of that size.
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

/** The frames of a message, whoever asks for them first. */
export const framesOf = createForm((message) => new Frames(message));
