import { buildConnector } from 'undici';

/** The connection of a request that is sent once, over a connection of its own. */
export class OneConnection {
  /** For undici's `Client`. */
  readonly connect: buildConnector.connector;
  #isSent = false;

  /** @param permit asked when the connection stands, before the first byte is written; where it says no, none is */
  constructor(timeoutMs: number, permit = () => true) {
    const connect = buildConnector({ timeout: timeoutMs });
    this.connect = (options, callback) => {
      // undici would connect again and repeat the request, which must be sent once only.
      if (this.#isSent) return callback(new Error('already sent'), null);
      connect(options, (...[error, socket]) => {
        if (error !== null) return callback(error, null);
        if (!permit()) {
          socket.destroy();
          return callback(new Error('not permitted'), null);
        }
        this.#isSent = true;
        callback(null, socket);
      });
    };
  }

  /** Whether a byte may have left: until the connection stands there is nothing that it could have been written to. */
  get isSent(): boolean {
    return this.#isSent;
  }
}
