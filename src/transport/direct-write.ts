import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * A socket's handle, written to past the stream that Node puts over it: one system call, where `socket.write` spends
 * as much again on bookkeeping. It is private API, so everything used of it is feature-detected.
 */
export interface DirectHandle {
  writeBuffer(request: WriteRequest, buffer: Buffer): number;
}

/** Called when a `pending` write has left this process; with false, when it failed. */
export interface FlushListener {
  onFlushed(ok: boolean): void;
}

/** A write request, as Node's own stream code makes them: it owns its buffer until it completes. */
interface WriteRequest {
  oncomplete?: (status: number) => void;
  buffer?: Buffer;
}

interface StreamBinding {
  readonly newRequest: () => WriteRequest;
  /** At `pendingAt`: whether the last write, of any handle, is still under way. */
  readonly state: Int32Array;
  readonly pendingAt: number;
}

const empty = Buffer.alloc(0);
const binding = findStreamBinding();
/** Used for every write that completes at once, which needs no request of its own. */
let spare = binding?.newRequest();

/** `pending`: the kernel did not take all of it; the listener is called later. `failed`: the connection is broken. */
type WriteOutcome = 'sent' | 'pending' | 'failed';

/** Hands a buffer to the kernel. Only while nothing that was written before waits, here or in the stream. */
export function writeDirectly(handle: DirectHandle, buffer: Buffer, listener: FlushListener): WriteOutcome {
  if (binding === undefined) return 'failed';
  spare ??= binding.newRequest();
  if (handle.writeBuffer(spare, buffer) !== 0) return 'failed';
  if (binding.state[binding.pendingAt] === 0) return 'sent';
  // The request is the handle's until it completes, and keeps the buffer alive until then.
  spare.oncomplete = (status) => listener.onFlushed(status === 0);
  spare.buffer = buffer;
  spare = undefined;
  return 'pending';
}

/** The same for a stream without such a handle, under the same condition. */
export function writeToStream(stream: Duplex, buffer: Buffer, listener: FlushListener): WriteOutcome {
  stream.write(buffer);
  if (stream.writableLength === 0) return 'sent';
  // 'drain' is only emitted above the high-water mark; an empty write is called back whenever all has left.
  stream.write(empty, (error) => listener.onFlushed(error === null || error === undefined));
  return 'pending';
}

/** The handle of a TCP socket or pipe, if it is what this file expects. Undefined: use `socket.write`. */
export function directHandleOf(socket: Duplex): DirectHandle | undefined {
  // TLS keeps a queue of its own.
  if (binding === undefined || !(socket instanceof Socket) || 'encrypted' in socket) return undefined;
  const handle: unknown = Reflect.get(socket, '_handle');
  return isHandle(handle) ? handle : undefined;
}

function isHandle(value: unknown): value is DirectHandle {
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
    state,
    pendingAt,
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
