import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Writes to a socket's handle, past the stream that Node puts over it: one system call and hardly anything
 * else, where `socket.write` spends as much again on its bookkeeping. The handle is private API, so everything
 * that is used of it is looked for first; `undefined` means "use `socket.write`".
 */
export interface DirectWriter {
  /**
   * Hands a buffer to the kernel. Only while nothing that was written before waits, here or in the stream.
   * `pending`: the kernel did not take all of it; `onFlushed` follows, with false if it never will.
   * `failed`: the connection is broken.
   */
  write(buffer: Buffer, onFlushed: (ok: boolean) => void): 'sent' | 'pending' | 'failed';
}

/** A write request, as Node's own stream code makes them: it owns its buffer until it completes. */
interface WriteRequest {
  oncomplete?: (status: number) => void;
  buffer?: Buffer;
}

interface Handle {
  writeBuffer(request: WriteRequest, buffer: Buffer): number;
}

interface StreamBinding {
  readonly newRequest: () => WriteRequest;
  /** Whether the last write, of any handle, is still under way. */
  readonly lastWriteIsPending: () => boolean;
}

const binding = findStreamBinding();
/** Used for every write that completes at once, which needs no request of its own. */
let spare = binding?.newRequest();

export function createDirectWriter(socket: Duplex): DirectWriter | undefined {
  const handle = plainHandleOf(socket);
  if (handle === undefined || binding === undefined) return undefined;
  const { newRequest, lastWriteIsPending } = binding;
  return {
    write(buffer, onFlushed) {
      spare ??= newRequest();
      const request = spare;
      if (handle.writeBuffer(request, buffer) !== 0) return 'failed';
      if (!lastWriteIsPending()) return 'sent';
      // It was needed: it is the handle's until it completes, and keeps the buffer alive so long.
      request.oncomplete = (status) => onFlushed(status === 0);
      request.buffer = buffer;
      spare = undefined;
      return 'pending';
    },
  };
}

/** The handle of a TCP socket or pipe, if it is what this file expects. TLS keeps its own queue. */
function plainHandleOf(socket: Duplex): Handle | undefined {
  if (!(socket instanceof Socket) || 'encrypted' in socket) return undefined;
  const handle: unknown = Reflect.get(socket, '_handle');
  return isHandle(handle) ? handle : undefined;
}

function isHandle(value: unknown): value is Handle {
  return (
    typeof value === 'object' && value !== null && typeof Reflect.get(value, 'writeBuffer') === 'function'
  );
}

function findStreamBinding(): StreamBinding | undefined {
  const streams = lookUpStreams();
  if (typeof streams !== 'object' || streams === null) return undefined;
  const WriteWrap: unknown = Reflect.get(streams, 'WriteWrap');
  const state: unknown = Reflect.get(streams, 'streamBaseState');
  const pendingAt: unknown = Reflect.get(streams, 'kLastWriteWasAsync');
  if (typeof WriteWrap !== 'function' || typeof pendingAt !== 'number' || !(state instanceof Int32Array)) {
    return undefined;
  }
  return {
    newRequest: () => Reflect.construct(WriteWrap, []) as WriteRequest,
    lastWriteIsPending: () => state[pendingAt] !== 0,
  };
}

function lookUpStreams(): unknown {
  const lookUp: unknown = Reflect.get(process, 'binding');
  try {
    return typeof lookUp === 'function' ? lookUp.call(process, 'stream_wrap') : undefined;
  } catch {
    // A later Node may refuse the lookup itself.
    return undefined;
  }
}
