import { pipeline, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { Dispatcher } from 'undici';
import { BodyTooLarge, bounded, readBounded } from '../core/bounded-body.ts';
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
    let bytes: AsyncIterable<Uint8Array> = body;
    for (const coding of codingsOf(headers['content-encoding'])) {
      bytes = undoCoding(coding, bounded(bytes, maxBytes + codingOverheadBytes));
    }
    return new TextDecoder().decode(await readBounded(bytes, maxBytes));
  } catch (error) {
    // Its connection would carry the rest.
    body.on('error', () => {});
    body.destroy();
    if (error instanceof BodyTooLarge) throw new PollFailure('too_large', `body over ${maxBytes} bytes`);
    throw error;
  }
}

/** Opens a stream that undoes a coding, given the first byte of what it is to undo. */
type OpenDecoder = (firstByte: number) => Transform;

const runtime: object = zlib;
/** From Node 22.15 on. */
const { createZstdDecompress } = runtime as { createZstdDecompress?: (options: object) => Transform };
/** RFC 9659: 8 MiB, and no more memory than that. 100 is `ZSTD_d_windowLogMax`. */
const zstdOptions = { params: { 100: 23 } };

const decoders: ReadonlyMap<string, OpenDecoder> = new Map<string, OpenDecoder>([
  ['gzip', () => zlib.createGunzip()],
  ['x-gzip', () => zlib.createGunzip()],
  ['br', () => zlib.createBrotliDecompress()],
  // Meant with the header of zlib, which says 8 there (RFC 1950 §2.2), and sent without it as often.
  ['deflate', (firstByte) => ((firstByte & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw())],
  ...(createZstdDecompress === undefined
    ? []
    : [['zstd', () => createZstdDecompress(zstdOptions)] satisfies [string, OpenDecoder]]),
]);
/** The last two say nothing about a coding, but are said by servers whose bodies are as they are. */
const noCoding: ReadonlySet<string> = new Set(['', 'identity', 'none', 'utf-8']);
const maxCodings = 5;
const maxNameLength = 40;

/**
 * The codings of a body, the one put on last first.
 * @param header `Content-Encoding` (RFC 9110 §8.4)
 * @throws PollFailure where one of them cannot be undone here
 */
function codingsOf(header: string | readonly string[] | undefined): readonly string[] {
  const codings = [header ?? []]
    .flat()
    .flatMap((text) => text.split(','))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => !noCoding.has(name));
  const unknown = codings.find((name) => !decoders.has(name));
  if (unknown !== undefined) {
    const name = unknown.slice(0, maxNameLength).replace(/[^!#-~]/g, '?');
    throw new PollFailure('encoding', `the engine answered in an encoding that cannot be read: "${name}"`);
  }
  if (codings.length > maxCodings) {
    throw new PollFailure('encoding', `the engine answered in more than ${maxCodings} encodings at once`);
  }
  return codings.reverse();
}

/**
 * Undoes one coding as the bytes come, off the event loop. An empty body stays empty: some servers call it compressed
 * too.
 * @throws PollFailure where the bytes are not what the coding makes, or end too early; what `source` throws otherwise
 */
async function* undoCoding(
  name: string,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = source[Symbol.asyncIterator]();
  let next = await chunks.next();
  while (next.done !== true && next.value.length === 0) next = await chunks.next();
  const open = decoders.get(name);
  if (next.done === true || open === undefined) return;
  let fault: unknown;
  const encoded = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (; next.done !== true; next = await chunks.next()) yield next.value;
    } catch (error) {
      fault = error;
      throw error;
    }
  };
  try {
    // Its faults come out where its output is read.
    yield* pipeline(encoded(), open(next.value[0] ?? 0), () => {}) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (fault !== undefined) throw fault;
    throw new PollFailure('encoding', `the answer is no whole "${name}", which it says it is`, {
      detail: error instanceof Error && 'code' in error ? String(error.code) : 'no code',
    });
  }
}
