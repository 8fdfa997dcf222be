import { connect, createServer, type Socket } from 'node:net';
import type { Resource } from './wait.ts';

/** What is done to all connections, those to come included, until the next one says otherwise. */
export type Fault =
  /** Nothing. */
  | { readonly kind: 'none' }
  /** Those that exist are reset. */
  | { readonly kind: 'cut' }
  /** Those that exist pass nothing any more, ever, and nobody is told: as when a NAT has forgotten them. */
  | { readonly kind: 'forget' }
  /** Each is reset when so many more bytes have gone to the client: in the middle of a frame, most likely. */
  | { readonly kind: 'cutAfter'; readonly bytes: number }
  /** New ones are reset at once. */
  | { readonly kind: 'refuse' }
  /** Bytes come later by so much. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Bytes come in pieces of this size. */
  | { readonly kind: 'shred'; readonly bytes: number }
  /** Nothing passes, and nobody is told: senders block when all buffers are full. */
  | { readonly kind: 'stall'; readonly way: Way | 'both' };
type Way = 'toClient' | 'toServer';

/** A TCP proxy in front of a server on this machine. */
export interface FaultProxy extends Resource {
  readonly port: number;
  /** Connections that were accepted, refused ones not counted. */
  readonly accepted: number;
  impose(fault: Fault): void;
  stop(): Promise<void>;
}

interface Pipe {
  readonly way: Way;
  readonly from: Socket;
  readonly to: Socket;
}

export async function startFaultProxy(serverPort: number): Promise<FaultProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const pipes = new Set<Pipe>();
  const forgotten = new Set<Pipe>();
  let fault: Fault = { kind: 'none' };
  let accepted = 0;
  let bytesLeft = Number.POSITIVE_INFINITY;

  const server = createServer((client) => {
    if (fault.kind === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    accepted += 1;
    const upstream = connect(serverPort, '127.0.0.1');
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const [from, to, way] of [
      [client, upstream, 'toServer'],
      [upstream, client, 'toClient'],
    ] as const) {
      const pipe = { from, to, way };
      pipes.add(pipe);
      from.setNoDelay(true);
      from.on('data', (chunk) => pass(pipe, chunk));
      from.on('end', () => to.end());
      from.on('error', () => {});
      from.on('close', () => {
        pipes.delete(pipe);
        forgotten.delete(pipe);
        pairs.delete(pair);
        to.destroy();
      });
      if (isStalled(way)) from.pause();
    }
  });

  const isStalled = (way: Way): boolean =>
    fault.kind === 'stall' && (fault.way === way || fault.way === 'both');
  const cut = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
  };

  const pass = ({ way, to }: Pipe, chunk: Buffer): void => {
    if (to.destroyed) return;
    if (fault.kind === 'cutAfter' && way === 'toClient') {
      to.write(chunk.subarray(0, bytesLeft));
      bytesLeft -= chunk.length;
      // After what was written has gone out, which a reset would take back.
      if (bytesLeft <= 0) to.write('', cut);
      return;
    }
    if (fault.kind === 'delay') {
      // Timers of one length run in the order in which they were set.
      setTimeout(() => to.destroyed || to.write(chunk), fault.ms);
      return;
    }
    const size = fault.kind === 'shred' ? fault.bytes : chunk.length;
    for (let from = 0; from < chunk.length; from += size) to.write(chunk.subarray(from, from + size));
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    get accepted() {
      return accepted;
    },
    impose(next) {
      // Bytes that are late would be overtaken by those that no longer are.
      if (fault.kind === 'delay') cut();
      fault = next;
      bytesLeft = next.kind === 'cutAfter' ? next.bytes : Number.POSITIVE_INFINITY;
      if (next.kind === 'cut') cut();
      for (const pipe of pipes) {
        if (next.kind === 'forget') forgotten.add(pipe);
        if (isStalled(pipe.way) || forgotten.has(pipe)) pipe.from.pause();
        else pipe.from.resume();
      }
    },
    async stop() {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
