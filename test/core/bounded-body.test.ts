import { describe, expect, it } from 'vitest';
import { BodyTooLarge, bounded, readBounded } from '../../src/core/bounded-body.ts';

/** A body of chunks, which knows how many were asked for and whether the rest was given up. */
function bodyOf(...chunks: readonly string[]) {
  const seen = { read: 0, givenUp: false };
  const body = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (const chunk of chunks) {
        seen.read += 1;
        yield Buffer.from(chunk);
      }
    } finally {
      seen.givenUp = seen.read < chunks.length;
    }
  };
  return { seen, body: body() };
}

describe('A bounded body', () => {
  it('is read whole where it has just as many bytes as may be', async () => {
    const { body, seen } = bodyOf('abc', '', 'de');
    expect(Buffer.from(await readBounded(body, 5)).toString()).toBe('abcde');
    expect(seen).toEqual({ read: 3, givenUp: false });
    expect(await readBounded(bodyOf().body, 0)).toHaveLength(0);
  });

  it('is given up at the first chunk beyond, and no more of it is read', async () => {
    const { body, seen } = bodyOf('abc', 'def', 'ghi');
    await expect(readBounded(body, 5)).rejects.toThrow(BodyTooLarge);
    expect(seen).toEqual({ read: 2, givenUp: true });
  });

  it('passes on as it comes what is within the bound', async () => {
    const { body } = bodyOf('abc', 'def');
    const chunks = bounded(body, 5);
    expect(await chunks.next()).toMatchObject({ done: false });
    await expect(chunks.next()).rejects.toThrow('body over 5 bytes');
  });

  it('ends as its source does', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('abc');
      throw new Error('connection reset');
    };
    await expect(readBounded(broken(), 5)).rejects.toThrow('connection reset');
  });
});
