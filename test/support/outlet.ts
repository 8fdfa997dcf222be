import type { Message } from '../../src/encode/message.ts';

/** A session and its transport in one: what a channel needs of both. */
export interface Outlet {
  canTake(): boolean;
  offer(message: Message): number;
  blocked(): void;
  missed(): void;
}

/**
 * @param take says whether the client keeps up
 * @param canTake says so before anything is made for it
 */
export function createOutlet(take: (text: string) => boolean, canTake = () => true): Outlet {
  return {
    canTake,
    offer: ({ plain }) => (take(plain.toString()) ? plain.length : 0),
    blocked: () => {},
    missed: () => {},
  };
}
