import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { type Packet, toPacket } from './client.ts';
import { type Resource, waitFor, within } from './wait.ts';

/** How a client of Socket.IO is carried. */
export type SocketIoWay = 'websocket' | 'polling' | 'upgrade';
export const socketIoWays: readonly SocketIoWay[] = ['websocket', 'polling', 'upgrade'];

/** A real Socket.IO client that keeps what it received. */
export interface SocketIoClient extends Resource {
  readonly id: string;
  /** Events so far, oldest first: the type is their name, and the body their argument. */
  readonly packets: readonly Packet[];
  /** The first event after the one last returned that satisfies the predicate. */
  next(wanted?: (packet: Packet) => boolean): Promise<Packet>;
  nextOf(type: string): Promise<Packet>;
  emit(event: string, ...args: readonly unknown[]): void;
  /** The reason with which it was disconnected. */
  readonly disconnected: Promise<string>;
  /** What carries it. */
  readonly transport: string | undefined;
  readonly socket: Socket;
}

/** A CONNECT, or a handshake before it, that was refused. */
export class ConnectRefused extends Error {
  readonly data: JsonObject;
  /** HTTP status, where the handshake was. */
  readonly status: number | undefined;

  constructor(error: Error) {
    super(error.message);
    const { data, context } = Object(error);
    this.data = isJsonObject(data) ? data : {};
    const status: unknown = context?.status;
    this.status = typeof status === 'number' ? status : undefined;
  }
}

/** Where `upgrade` is asked for, it has happened. */
export async function connectSocketIo(
  url: string,
  way: SocketIoWay,
  options: Partial<ManagerOptions & SocketOptions> = {},
): Promise<SocketIoClient> {
  const socket = io(url, {
    transports: way === 'upgrade' ? ['polling', 'websocket'] : [way],
    forceNew: true,
    reconnection: false,
    ...options,
  });
  const packets: Packet[] = [];
  socket.onAny((event: string, argument: JsonValue) => {
    const text = JSON.stringify(argument) ?? '';
    const body = isJsonObject(argument) ? argument : {};
    const packet = toPacket(body, text, { isBinary: false, bytes: text.length });
    packets.push({ ...packet, type: event });
  });
  const disconnected = new Promise<string>((resolve) => socket.on('disconnect', resolve));
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', (error) => reject(new ConnectRefused(error)));
  });
  try {
    await within(`a connection to ${url}`, connected);
  } catch (error) {
    socket.disconnect();
    throw error;
  }
  const transport = () => socket.io.engine?.transport.name;
  if (way === 'upgrade') await waitFor('the upgrade', () => transport() === 'websocket');
  let given = 0;
  const next: SocketIoClient['next'] = (wanted = () => true) =>
    waitFor(
      'an event',
      () => {
        const at = packets.findIndex((packet, index) => index >= given && wanted(packet));
        if (at < 0) return undefined;
        given = at + 1;
        return packets[at];
      },
      { state: () => packets.at(-1)?.text },
    );
  return {
    id: socket.id ?? '',
    packets,
    next,
    nextOf: (type) => next((packet) => packet.type === type),
    emit: (event, ...args) => void socket.emit(event, ...args),
    disconnected,
    get transport() {
      return transport();
    },
    socket,
    stop: () => void socket.disconnect(),
  };
}

/** How a connection that must not stand was refused. */
export async function connectRefusalOf(
  url: string,
  way: SocketIoWay,
  options: Partial<ManagerOptions & SocketOptions> = {},
): Promise<ConnectRefused> {
  try {
    const client = await connectSocketIo(url, way, options);
    await client.stop();
  } catch (error) {
    if (error instanceof ConnectRefused) return error;
    throw error;
  }
  throw new Error(`${url} was let in`);
}
