import { Message, type MessageContext } from '../../src/encode/message.ts';

/** A message that is its own text. @param type default: its text */
export function textMessage(
  text: string,
  context: MessageContext & { readonly type?: string } = {},
): Message {
  const { type = text } = context;
  return new Message(
    { type },
    { isBinary: false, encode: () => Buffer.from(text), leastBytes: () => 0 },
    context,
  );
}
