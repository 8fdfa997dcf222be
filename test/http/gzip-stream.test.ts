import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gzipped } from '../../src/http/gzip-stream.ts';
import { settled } from '../support/wait.ts';

/** A source that counts what is taken from it. */
function sourceOf(chunks: readonly Uint8Array[]) {
  const counts = { taken: 0, left: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[counts.taken];
        counts.taken += 1;
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel() {
        counts.left = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, counts };
}

const bytesOf = async (stream: ReadableStream<Uint8Array>): Promise<Buffer> =>
  Buffer.from(await new Response(stream).arrayBuffer());

/** What a browser makes of it. */
const readAsBrowser = async (bytes: Uint8Array<ArrayBuffer>): Promise<Buffer> =>
  await bytesOf(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')));

describe('A stream compressed with gzip', () => {
  it('is what it was, for any reader, whatever the chunks', async () => {
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc
        .tuple(fc.string(), fc.integer({ max: 20_000, min: 0 }))
        .map(([text, n]) => Buffer.from(text.repeat(n))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 6 }), async (chunks) => {
        const compressed = await bytesOf(gzipped(sourceOf(chunks).stream));
        const plain = Buffer.concat(chunks);
        expect(gunzipSync(compressed).equals(plain)).toBe(true);
        expect((await readAsBrowser(Uint8Array.from(compressed))).equals(plain)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('refers back across its chunks', async () => {
    // Nothing in it repeats.
    const chunk = createHash('shake256', { outputLength: 20_000 }).digest();
    const one = await bytesOf(gzipped(sourceOf([chunk]).stream));
    const ten = await bytesOf(gzipped(sourceOf(Array.from({ length: 10 }, () => chunk)).stream));
    expect(ten.length).toBeLessThan(one.length * 2);
  });

  it('is made as it is read: nothing of it for a reader that reads nothing', async () => {
    const chunks = Array.from({ length: 10 }, () => Buffer.alloc(1000));
    const { stream, counts } = sourceOf(chunks);
    const reader = gzipped(stream).getReader();
    await settled();
    expect(counts.taken).toBe(0);
    await reader.read();
    await reader.read();
    await settled();
    expect(counts.taken).toBe(1);
    await reader.cancel();
    expect(counts.left).toBe(true);
  });

  it('fails where what it is made of does', async () => {
    const failing = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('gone'));
      },
    });
    await expect(bytesOf(gzipped(failing))).rejects.toThrow('gone');
  });
});
