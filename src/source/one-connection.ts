import { buildConnector } from 'undici';

/** Of a request that is sent over a connection of its own, once. */
export interface OneConnection {
  /** For undici's `Client`. */
  readonly connect: buildConnector.connector;
  /** Whether a byte may have left: until the connection stands there is nothing that it could have been written to. */
  sent(): boolean;
}

/** @param permit asked when the connection stands, before the first byte is written; where it says no, none is */
export function createOneConnection(timeoutMs: number, permit = () => true): OneConnection {
  const connect = buildConnector({ timeout: timeoutMs });
  let sent = false;
  return {
    sent: () => sent,
    connect(options, callback) {
      // A second connection for one request would be a repetition that nobody asked for.
      if (sent) return callback(new Error('already sent'), null);
      connect(options, (...[error, socket]) => {
        if (error !== null) return callback(error, null);
        if (!permit()) {
          socket.destroy();
          return callback(new Error('not permitted'), null);
        }
        sent = true;
        callback(null, socket);
      });
    },
  };
}
