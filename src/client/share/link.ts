import type { LiveConnection } from '../connection.ts';
import type { TransportName } from '../types.ts';

/** A connection as those see it that share it. Commands do not go by it. */
export class Link implements LiveConnection {
  readonly transport: TransportName;
  isSilent = false;
  lagMs = 0;

  constructor(transport: TransportName) {
    this.transport = transport;
  }
}

/** What a tab has of its group: by its own connection, or by that of another one. */
export interface Share {
  readonly live: Link | undefined;
  readonly reasons: string;
  askForWhole(isStuck: boolean): void;
  wake(): void;
  close(): void;
}
