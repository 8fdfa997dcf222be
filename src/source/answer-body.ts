import type { Dispatcher } from 'undici';
import { readContentEncoding, undoCoding } from './content-coding.ts';
import { PollFailure } from './poll-failure.ts';

/** What compression adds to bytes that it cannot make fewer. */
const codingOverheadBytes = 64 * 1024;

/**
 * The text of an engine's answer, whatever it is compressed with. Bytes that are not UTF-8 become U+FFFD; a byte order
 * mark is left out (RFC 8259 §8.1).
 *
 * @param maxBytes of the body without compression. With it, neither the body as it comes nor anything between two
 *   codings is read much further either, so that no answer is worth more memory or time.
 * @throws PollFailure `too_large` and `encoding`; whatever the connection ends with
 */
export async function readAnswerBody(
  { headers, body }: Pick<Dispatcher.ResponseData, 'headers' | 'body'>,
  maxBytes: number,
): Promise<string> {
  try {
    const codings = readContentEncoding(headers['content-encoding']);
    let bytes: AsyncIterable<Buffer> = body;
    for (const coding of codings)
      bytes = undoCoding(coding, within(bytes, maxBytes + codingOverheadBytes, maxBytes));
    return await readText(within(bytes, maxBytes));
  } catch (error) {
    // Its connection would carry the rest.
    body.on('error', () => {});
    body.destroy();
    throw error;
  }
}

async function* within(
  source: AsyncIterable<Buffer>,
  bound: number,
  maxBytes = bound,
): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > bound) throw new PollFailure('too_large', `body over ${maxBytes} bytes`);
    yield chunk;
  }
}

async function readText(source: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
