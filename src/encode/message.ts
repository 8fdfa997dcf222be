import { deflate, fullWindowBits } from './deflate.ts';
import { compressedFrame, type Frame, payloadOf } from './frame.ts';

let lastId = 0;

/**
 * A message ready for the wire: as it is, and compressed in the ways that clients can take it (RFC 7692). Each
 * form is made when the first client needs it, and shared by all that do.
 *
 * A client with context takeover keeps what it was sent last in its window. All who were sent the same message
 * last therefore hold the same window end, and can be sent the same bytes: those of `linked`, compressed with
 * that message as dictionary. Whoever holds anything else would read wrong text from them without noticing, so
 * a sender compares `base` with the `id` of what it sent before, every time.
 */
export class Message {
  /** Unlike any other's in this process, from 1 up. */
  readonly id: number;
  readonly plain: Frame;
  /** `id` of the message that must have been sent before `linked`. 0: there is none. */
  readonly base: number;
  readonly #dictionary: Buffer | undefined;
  #linked: Frame | undefined;
  #alone: Map<number, Frame> | undefined;

  /** @param previous what most of those who get this one will have been sent before it */
  constructor(plain: Frame, previous?: Message) {
    lastId += 1;
    this.id = lastId;
    this.plain = plain;
    const dictionary = previous === undefined ? undefined : payloadOf(previous.plain);
    const fits = dictionary !== undefined && dictionary.length <= 1 << fullWindowBits;
    // Of a longer one the window holds the end only, which is not what this one begins with.
    this.#dictionary = fits ? dictionary : undefined;
    this.base = fits && previous !== undefined ? previous.id : 0;
  }

  /** Compressed, for those whose window of 2^15 bytes ends with the message `base`. */
  get linked(): Frame {
    this.#linked ??= compressedFrame(
      this.plain,
      deflate(payloadOf(this.plain), fullWindowBits, this.#dictionary),
    );
    return this.#linked;
  }

  /**
   * Compressed by itself, for a client with any window of that size.
   * @param windowBits 9 to 15
   */
  alone(windowBits: number): Frame {
    this.#alone ??= new Map();
    let frame = this.#alone.get(windowBits);
    if (frame === undefined) {
      frame = compressedFrame(this.plain, deflate(payloadOf(this.plain), windowBits));
      this.#alone.set(windowBits, frame);
    }
    return frame;
  }
}
