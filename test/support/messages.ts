import { textFrame } from '../../src/encode/frame.ts';
import { Message } from '../../src/encode/message.ts';

/** @param previous what most of its receivers have been sent before it */
export const textMessage = (text: string, previous?: Message): Message =>
  new Message(textFrame(text), previous);
