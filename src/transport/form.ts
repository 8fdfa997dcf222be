import type { Message } from '../encode/message.ts';

/**
 * A form in which a transport sends messages, such as frames or events: made of each message for the first client
 * that needs it, and shared by all that do.
 */
export function createForm<Made extends object>(
  make: (message: Message) => Made,
): (message: Message) => Made {
  const known = new WeakMap<Message, Made>();
  // A fan-out offers one message to thousands of clients in a row: for those it is found by one comparison.
  let lastId = 0;
  let last: Made | undefined;
  return (message) => {
    if (message.id === lastId && last !== undefined) return last;
    const made = known.get(message) ?? make(message);
    known.set(message, made);
    lastId = message.id;
    last = made;
    return made;
  };
}
