import type { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { messageFrame, pingFrame, pongFrame } from '../../src/transport/frame.ts';
import { within } from '../support/wait.ts';

/** Exported by the library, left out by its types. */
const Receiver = Reflect.get(ws, 'Receiver') as new (options: { isServer: boolean }) => Writable;

const textFrame = (text: string) => messageFrame(Buffer.from(text), { isBinary: false });

/** What a client's own parser makes of some bytes, given to it in pieces of `pieceBytes`. */
async function parse(bytes: Buffer, pieceBytes = bytes.length): Promise<string[]> {
  const seen: string[] = [];
  const receiver = new Receiver({ isServer: false });
  receiver.on('message', (data: Buffer, isBinary: boolean) =>
    seen.push(`${isBinary ? 'binary' : 'text'} ${data}`),
  );
  receiver.on('ping', (payload: Buffer) => seen.push(`ping ${payload}`));
  receiver.on('pong', (payload: Buffer) => seen.push(`pong ${payload}`));
  const done = new Promise<void>((resolve, reject) => {
    receiver.on('error', reject);
    receiver.on('finish', resolve);
  });
  for (let at = 0; at < bytes.length; at += pieceBytes) receiver.write(bytes.subarray(at, at + pieceBytes));
  receiver.end();
  await within('the parser', done);
  return seen;
}

describe('messageFrame', () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])('carries a text of %i bytes', async (length) => {
    const text = 'x'.repeat(length);
    expect(await parse(textFrame(text))).toEqual([`text ${text}`]);
  });

  it.each([
    [125, 2],
    [126, 4],
    [65_535, 4],
    [65_536, 10],
  ])('has the shortest header there is for %i bytes', (length, header) => {
    expect(textFrame('x'.repeat(length)).length).toBe(length + header);
  });

  it('counts bytes and not characters', async () => {
    const text = '€'.repeat(42);
    expect(textFrame(text).length).toBe(4 + 126);
    expect(await parse(textFrame(text))).toEqual([`text ${text}`]);
  });

  it('survives being cut anywhere, beside other frames', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.integer({ min: 1, max: 40 }),
        async (text, pieceBytes) => {
          const stream = Buffer.concat([textFrame(text), pingFrame, textFrame('next')]);
          expect(await parse(stream, pieceBytes)).toEqual([`text ${text}`, 'ping ', 'text next']);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('pongFrame', () => {
  it.each([0, 1, 125])('sends back a payload of %i bytes', async (length) => {
    const payload = 'p'.repeat(length);
    expect(await parse(pongFrame(Buffer.from(payload)))).toEqual([`pong ${payload}`]);
  });
});
