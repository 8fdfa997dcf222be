import type { Message } from '../../src/encode/message.ts';

/** A session and its transport in one: what a channel needs of both. */
export interface Outlet {
  offer(message: Message): number;
  blocked(): void;
  missed(): void;
}

/** @param take says whether the client keeps up */
export function createOutlet(take: (text: string) => boolean): Outlet {
  return {
    offer: ({ plain }) => (take(plain.toString()) ? plain.length : 0),
    blocked: () => {},
    missed: () => {},
  };
}
