import type { Message } from '../../src/encode/message.ts';

/** A session and its transport in one: what a view needs of both. */
export interface Outlet {
  canTake(): boolean;
  offer(message: Message): number;
  blocked(): void;
  dropped(): void;
  leave(): void;
  resync(): void;
}

/**
 * @param take says whether the client keeps up
 * @param canTake says so before anything is made for it
 */
export function createOutlet(take: (text: string) => boolean, canTake = () => true): Outlet {
  return {
    canTake,
    offer: ({ payload }) => (take(payload.toString()) ? payload.length : 0),
    blocked: () => {},
    dropped: () => {},
    leave: () => {},
    resync: () => {},
  };
}
