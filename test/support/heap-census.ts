import { Socket } from 'node:net';
import { queryObjects } from 'node:v8';
import { Session } from '../../src/deliver/session.ts';
import { Following } from '../../src/deliver/view.ts';
import { Message } from '../../src/encode/message.ts';
import { WebSocketTransport } from '../../src/transport/websocket.ts';

/** What a connection is made of; closures, which listeners are; and everything. Each costs a garbage collection. */
const classes = { Message, Session, Socket, Following, WebSocketTransport, Function, Object };

/** How many objects of each class are alive. Node lists what it finds in a heap snapshot, after a collection. */
export function takeCensus(): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(classes).map(([name, of]) => [name, queryObjects(of, { format: 'count' })]),
  );
}
