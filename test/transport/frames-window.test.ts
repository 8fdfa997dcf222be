import { describe, expect, it } from 'vitest';
import { framesOf, windowByTerms } from '../../src/transport/frames.ts';
import { textMessage } from '../support/messages.ts';

const message1 = textMessage('{"price":1}');
const message2 = textMessage('{"price":2}', { previous: message1 });
const message3 = textMessage('{"price":3}', { previous: message2 });
const [first, second, third] = [framesOf(message1), framesOf(message2), framesOf(message3)];

describe('CompressionWindow', () => {
  it('takes the linked form exactly when the message before was sent last', () => {
    const window = windowByTerms('permessage-deflate; client_no_context_takeover');
    expect(window?.take(second)).toBe(second.alone(15));
    expect(window?.take(third)).toBe(third.linked);
    expect(window?.take(second)).toBe(second.alone(15));
  });

  it('takes nothing for granted of a client that missed a message, or was sent another one since', () => {
    const missed = windowByTerms('permessage-deflate');
    missed?.take(first);
    expect(missed?.take(third)).toBe(third.alone(15));
    const other = windowByTerms('permessage-deflate');
    other?.take(first);
    other?.take(framesOf(textMessage('{"welcome":true}')));
    expect(other?.take(second)).toBe(second.alone(15));
  });

  it.each([
    ['permessage-deflate; server_no_context_takeover', 15],
    ['permessage-deflate; server_max_window_bits=12', 12],
    ['permessage-deflate; server_max_window_bits=9; client_no_context_takeover', 9],
    ['permessage-deflate; server_no_context_takeover; server_max_window_bits=10', 10],
  ] as const)('compresses each message by itself by the terms "%s"', (terms, bits) => {
    const window = windowByTerms(terms);
    for (const message of [first, second, third]) expect(window?.take(message)).toBe(message.alone(bits));
  });

  it('shares a window that the client named to be the largest there is', () => {
    const window = windowByTerms('permessage-deflate; server_max_window_bits=15');
    window?.take(first);
    expect(window?.take(second)).toBe(second.linked);
  });

  it.each(['', 'permessage-deflate; server_max_window_bits=8', 'x-webkit-deflate-frame'])(
    'compresses nothing by the terms "%s"',
    (terms) => expect(windowByTerms(terms)).toBeUndefined(),
  );
});
