import { connect, type Socket } from 'node:net';
import { handshake } from '../../support/raw-socket.ts';
import { BareWebSocket, isUpgrade } from '../../support/raw-web-socket.ts';
import { deflateOffer } from '../fan-out/contestants.ts';

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
  const visit = visitOf(serial);
  return new Promise((resolve, reject) => {
    // Of addresses of its own, since a port that was used stays taken for a while.
    const socket = begin(port, `127.1.0.${1 + (serial % addresses)}`, visit);
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`${visit.leaving} from ${visit.target} took longer than ${patienceMs} ms`));
    }, patienceMs);
    // A connection that the gateway ends at once is a visit like any other.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function begin(port: number, localAddress: string, { target, deflate, leaving }: Visit): Socket {
  if (leaving === 'cut in the handshake' || leaving === 'cut while connecting') {
    const request = handshake(target, deflate ? { 'Sec-WebSocket-Extensions': deflateOffer } : {});
    const cut = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
    if (leaving === 'cut while connecting') cut.write(request, () => cut.resetAndDestroy());
    else cut.write(request.slice(0, request.length / 2), () => cut.destroy());
    return cut;
  }
  const { socket } = new BareWebSocket(port, {
    ...{ target, extensions: deflate ? deflateOffer : '', localAddress },
    onResponse(head) {
      if (!isUpgrade(head)) socket.destroy();
    },
    onFrame(opcode) {
      if (opcode === close) socket.end();
      else leave(socket, leaving);
    },
  });
  return socket;
}

/** Further frames may come, and it leaves again: that does no harm. */
function leave(socket: Socket, leaving: Leaving): void {
  if (leaving === 'close') socket.write(closeFrame);
  else if (leaving === 'reset') socket.resetAndDestroy();
  else socket.end();
}
