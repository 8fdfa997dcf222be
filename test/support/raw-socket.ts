import { connect, type Socket } from 'node:net';
import { type TestScope, within } from './wait.ts';

/**
 * Sends bytes over a TCP connection of its own and returns all that comes back until the other side ends it.
 */
export async function rawExchange(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  const ended = new Promise<string>((resolve, reject) => {
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      answer += text;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
  socket.write(request);
  try {
    return await within(`the end of the connection on ${JSON.stringify(request.slice(0, 40))}`, ended);
  } finally {
    socket.destroy();
  }
}

/** A TCP connection that keeps what it hears, until the test ends. */
export function openRaw(
  test: TestScope,
  port: number,
): { readonly socket: Socket; readonly heard: () => string } {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  test.onTestFinished(() => void socket.destroy());
  let heard = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    heard += text;
  });
  return { socket, heard: () => heard };
}

/** A WebSocket handshake as text, its request target as given. */
export function handshake(target: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`GET ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}
