import type { FileHandle } from 'node:fs/promises';
import type { FileIdentity, OpenedLog } from './open.ts';

export type Reading =
  /** What follows the bytes read before: at least one byte, valid until the window is used again. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** Nothing more at present. */
  | { readonly kind: 'end' }
  /** The bytes read before are not those in the file any more. The cursor is back at the start. */
  | { readonly kind: 'rewritten' };

const headLength = 256;
const beforeLength = 1024;
/** Bytes read at once. */
const chunkLength = 256 * 1024;
const nothing = Buffer.alloc(0);

/** The buffer that a cursor reads into, to be kept by whoever calls it again and again. */
export function createReadWindow(): Buffer {
  return Buffer.allocUnsafeSlow(beforeLength + chunkLength);
}

/**
 * A place in an open file that knows what was read before it. While the descriptor is held the inode cannot be
 * given to another file, but the file can be truncated and grow again past the place between two reads. So it
 * keeps the first 256 bytes and up to 1 KiB before the place, and compares them with the file at each read.
 */
export class FileCursor {
  readonly identity: FileIdentity;
  readonly #handle: FileHandle;
  #offset = 0;
  #head: Buffer = nothing;
  #before: Buffer = nothing;

  constructor({ handle, identity }: OpenedLog) {
    this.#handle = handle;
    this.identity = identity;
  }

  /** Bytes of the file as it is now. */
  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  /** The bytes at `position`, as many as the file has, up to the length of `into`. Moves nothing. */
  async peek(into: Buffer, position: number): Promise<Buffer> {
    const { bytesRead } = await this.#handle.read(into, 0, into.length, position);
    return into.subarray(0, bytesRead);
  }

  /** Moves to `offset`. False, and back at the start, where the file has become shorter than that. */
  async seek(offset: number): Promise<boolean> {
    const head = await this.peek(Buffer.alloc(Math.min(offset, headLength)), 0);
    const length = Math.min(offset, beforeLength);
    const before = await this.peek(Buffer.alloc(length), offset - length);
    if (before.length < length) {
      this.#rewind();
      return false;
    }
    this.#offset = offset;
    this.#head = head;
    this.#before = before;
    return true;
  }

  async read(window: Buffer): Promise<Reading> {
    const known = this.#before.length;
    if (this.#offset > known && !(await this.#hasSameHead(window))) return this.#rewind();
    // One call reads what must be unchanged and what is new: no truncation fits in between.
    const seen = await this.peek(window, this.#offset - known);
    if (!seen.subarray(0, known).equals(this.#before)) return this.#rewind();
    if (seen.length === known) return { kind: 'end' };
    if (this.#offset === known) this.#head = Buffer.from(seen.subarray(0, headLength));
    this.#before = Buffer.from(seen.subarray(-beforeLength));
    this.#offset += seen.length - known;
    return { kind: 'bytes', bytes: seen.subarray(known) };
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #hasSameHead(window: Buffer): Promise<boolean> {
    return (await this.peek(window.subarray(0, this.#head.length), 0)).equals(this.#head);
  }

  #rewind(): Reading {
    this.#offset = 0;
    this.#head = nothing;
    this.#before = nothing;
    return { kind: 'rewritten' };
  }
}
