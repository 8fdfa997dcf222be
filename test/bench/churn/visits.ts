import { connect, type Socket } from 'node:net';
import { handshake } from '../../support/raw-socket.ts';
import { deflateOffer } from '../fan-out/contestants.ts';
import { FrameReader } from '../frame-reader.ts';

/** How a visitor leaves. */
const leavings = ['close', 'reset', 'end', 'cut while connecting', 'cut in the handshake'] as const;
type Leaving = (typeof leavings)[number];

interface Visit {
  readonly target: string;
  readonly deflate: boolean;
  readonly leaving: Leaving;
}

const targets = [
  '/',
  '/ws/stream',
  '/?mode=delta',
  '/?encoding=msgpack',
  '/?mode=delta&encoding=msgpack',
  '/?sections=market,logs',
  '/?interval=100',
  '/?symbol=AAPL&interval=250',
  // Refused before the upgrade.
  '/?mode=bad',
] as const;
const close = 0x8;
/** A close frame with 1000, masked with zeros. */
const closeFrame = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);
const addresses = 200;
const patienceMs = 10_000;

/** The visit of this number: every combination of target, extension and leaving comes as often. */
function visitOf(serial: number): Visit {
  const combination = Math.floor(serial / leavings.length);
  return {
    leaving: leavings[serial % leavings.length] ?? 'close',
    deflate: combination % 2 === 1,
    target: targets[Math.floor(combination / 2) % targets.length] ?? '/',
  };
}

/** Connects, stays for the first frame where it goes so far, and leaves; resolves when the connection is gone. */
export function pay(port: number, serial: number): Promise<void> {
  const { target, deflate, leaving } = visitOf(serial);
  const request = handshake(target, deflate ? { 'Sec-WebSocket-Extensions': deflateOffer } : {});
  return new Promise((resolve, reject) => {
    // Of addresses of its own, since a port that was used stays taken for a while.
    const localAddress = `127.1.0.${1 + (serial % addresses)}`;
    const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`${leaving} from ${target} took longer than ${patienceMs} ms`));
    }, patienceMs);
    // A connection that the gateway ends at once is a visit like any other.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
    begin(socket, request, leaving);
  });
}

function begin(socket: Socket, request: string, leaving: Leaving): void {
  if (leaving === 'cut in the handshake') {
    socket.write(request.slice(0, request.length / 2), () => socket.destroy());
    return;
  }
  if (leaving === 'cut while connecting') {
    socket.write(request, () => socket.resetAndDestroy());
    return;
  }
  const frames = new FrameReader((opcode) => {
    if (opcode === close) socket.end();
    else leave(socket, leaving);
  });
  let head: string | undefined = '';
  socket.on('data', (bytes) => {
    if (head === undefined) {
      frames.read(bytes);
      return;
    }
    const before = head.length;
    head += bytes.toString('latin1');
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    if (!head.startsWith('HTTP/1.1 101')) {
      socket.destroy();
      return;
    }
    head = undefined;
    frames.read(bytes.subarray(end + 4 - before));
  });
  socket.write(request);
}

/** Further frames may come, and it leaves again: that does no harm. */
function leave(socket: Socket, leaving: Leaving): void {
  if (leaving === 'close') socket.write(closeFrame);
  else if (leaving === 'reset') socket.resetAndDestroy();
  else socket.end();
}
