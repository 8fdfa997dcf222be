import type { Channel, ChannelOwner } from './connection.ts';
import { refusalOf } from './http-request.ts';
import { readMessage } from './server-packet.ts';
import type { Codec, WebSocketConstructor } from './types.ts';

interface WebSocketOptions {
  readonly WebSocket: WebSocketConstructor;
  readonly url: string;
  /** Undefined: the gateway is asked for no token. */
  readonly token: string | undefined;
  readonly codec: Codec | undefined;
}

const tokenExpired = 4401;

/** One WebSocket. Browsers let a page set no header, hence the subprotocol for the token. */
export function openWebSocket(
  { WebSocket, url, token, codec }: WebSocketOptions,
  connection: ChannelOwner,
): Channel {
  const socket = new WebSocket(url, token === undefined ? [] : ['token', token]);
  socket.binaryType = 'arraybuffer';
  let opened = false;
  let fault = '';
  socket.onopen = () => {
    opened = true;
  };
  socket.onmessage = ({ data }: { readonly data: unknown }) => connection.take(...readMessage(data, codec));
  // Never taken away: an error event of `ws` that nobody listens to ends the process.
  socket.onerror = ({ message = '' }: { readonly message?: unknown }) => {
    fault = `${message}`;
  };
  socket.onclose = ({ code, reason }: { readonly code: number; readonly reason: string }) => {
    const end = {
      reason: (opened ? `closed with ${code} ${reason}` : `no connection ${fault}`).trim(),
      // Browsers do not say why a handshake failed; `ws` gives the status, at the end of its message.
      refuses: refusalOf(Number(/: (\d+)$/.exec(fault)?.[1])),
      isUnexplained: !opened,
    };
    connection.end(code === tokenExpired ? { ...end, refuses: 'unauthorized', word: 'gateway' } : end);
  };

  return {
    send: (message) => socket.send(JSON.stringify(message)),
    close(abruptly) {
      if (abruptly && socket.terminate !== undefined) socket.terminate();
      else socket.close();
    },
  };
}
