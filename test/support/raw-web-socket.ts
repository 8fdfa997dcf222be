import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';
import { handshake } from './raw-socket.ts';
import { type ServerFrame, ServerFrames } from './server-frames.ts';
import { type Resource, waitFor } from './wait.ts';

const closeOpcode = 0x8;

/** A client that says and does whatever the test wants, and answers nothing by itself. */
export interface RawWebSocket extends Resource {
  /** `Sec-WebSocket-Extensions` of the response; empty where there is none. */
  readonly extensions: string;
  readonly received: readonly ServerFrame[];
  /** What the server did that no server may. */
  readonly faults: readonly string[];
  /** Of the close frame; undefined while none came. */
  readonly closeCode: number | undefined;
  /** Whether the server has ended its side. */
  readonly ended: boolean;
  /** Sends a masked frame. `first`: FIN, RSV1 to 3 and opcode (RFC 6455 §5.2). */
  frame(first: number, payload?: Buffer | string): void;
  write(bytes: Buffer): void;
  /** Ends this side. */
  end(): void;
}

/** @param extensions `Sec-WebSocket-Extensions` of the request; empty: there is none */
export async function openRawWebSocket(
  port: number,
  { target = '/', extensions = '' }: { readonly target?: string; readonly extensions?: string } = {},
): Promise<RawWebSocket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const received: ServerFrame[] = [];
  const frames = new ServerFrames((frame) => void received.push(frame));
  let head = Buffer.alloc(0);
  let response: string | undefined;
  let ended = false;
  socket.on('data', (chunk: Buffer) => {
    if (response !== undefined) {
      frames.read(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    response = head.toString('latin1', 0, end);
    frames.read(head.subarray(end + 4));
  });
  socket.on('error', () => {});
  for (const event of ['end', 'close']) {
    socket.on(event, () => {
      ended = true;
    });
  }
  socket.write(handshake(target, extensions === '' ? {} : { 'Sec-WebSocket-Extensions': extensions }));
  const answer = await waitFor('the handshake', () => response);
  if (!answer.startsWith('HTTP/1.1 101')) throw new Error(`no upgrade: ${answer}`);
  return {
    extensions: /^Sec-WebSocket-Extensions: (.*)$/im.exec(answer)?.[1] ?? '',
    received,
    faults: frames.faults,
    get closeCode() {
      const payload = received.find(({ opcode }) => opcode === closeOpcode)?.payload;
      return payload === undefined || payload.length < 2 ? undefined : payload.readUInt16BE(0);
    },
    get ended() {
      return ended;
    },
    frame: (first, payload = '') => void socket.write(maskedFrame(first, Buffer.from(payload))),
    write: (bytes) => void socket.write(bytes),
    end: () => void socket.end(),
    stop: () => void socket.destroy(),
  };
}

/**
 * A message as compressing clients send it: the end of a sync flush is left out (RFC 7692 §7.2.1).
 * @param dictionary what the window ends with
 */
export function compressed(text: string | Buffer, dictionary?: Buffer): Buffer {
  const options = { level: constants.Z_BEST_COMPRESSION, finishFlush: constants.Z_SYNC_FLUSH };
  return deflateRawSync(text, dictionary === undefined ? options : { ...options, dictionary }).subarray(
    0,
    -4,
  );
}

/** A frame as clients must send them (RFC 6455 §5.3). */
export function maskedFrame(first: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head.writeUInt8(first, 0);
  head.writeUInt8(0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127), 1);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  const masked = payload.map((byte, index) => byte ^ mask.readUInt8(index % 4));
  return Buffer.concat([head, mask, masked]);
}
