import { WebSocket } from 'ws';
import type { TransportFault } from '../deliver/transport.ts';

/** Called with the events of a connection. */
export interface ConnectionListener {
  onMessage(data: Buffer, isBinary: boolean): void;
  onPing(payload: Buffer): void;
  onPong(): void;
  /** A close frame is about to be sent: nothing may follow it. */
  onClosing(): void;
  onClosed(code: number): void;
}

/**
 * A `ws` connection with one listener, called by method. Five event listeners for each connection would take a tenth
 * of the memory of a session.
 */
export class WebSocketConnection extends WebSocket {
  listener: ConnectionListener | undefined;
  /** What went wrong. */
  fault: TransportFault | undefined;

  override emit(event: string | symbol, ...args: readonly unknown[]): boolean {
    const [first, second] = args;
    const { listener } = this;
    // An error without a listener would end the process.
    if (listener === undefined) return event === 'error' || super.emit(event, ...args);
    switch (event) {
      case 'message':
        if (Buffer.isBuffer(first)) listener.onMessage(first, second === true);
        return true;
      case 'ping':
        if (Buffer.isBuffer(first)) listener.onPing(first);
        return true;
      case 'pong':
        listener.onPong();
        return true;
      case 'error':
        if (first instanceof Error) this.fault = faultOf(first);
        return true;
      case 'close':
        listener.onClosed(Number(first));
        return true;
      default:
        return super.emit(event, ...args);
    }
  }

  override close(code?: number, data?: string | Buffer): void {
    this.listener?.onClosing();
    super.close(code, data);
  }
}

/** What an error of `ws` means. */
export function faultOf(error: Error): TransportFault {
  const code = 'code' in error ? String(error.code) : '';
  if (/^WS_ERR_UNSUPPORTED_(MESSAGE|DATA_PAYLOAD)_LENGTH$/.test(code)) return 'oversize';
  // Z_: its message could not be decompressed.
  return /^(WS_ERR|Z)_/.test(code) ? 'protocol' : 'socket';
}
