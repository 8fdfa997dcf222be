import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { waitFor, within } from '../support/wait.ts';
import { type Handler, useEngine } from './engine-server.ts';

const never = new AbortController().signal;
const mebibyte = 1024 * 1024;
const text = `{"price":187.32,"regime":"Lévy","logs":[${'"x",'.repeat(5000)}"y"]}`;

const emptyGzip = gzipSync('');
const quickBrotli = (body: Buffer): Buffer =>
  brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 2 } });

/** The body as it is, under an encoding. */
const encoded =
  (body: Buffer, encoding: string | string[], pieceBytes = body.length): Handler =>
  (_request, response) => {
    response.setHeader('content-encoding', encoding).setHeader('content-length', body.length);
    for (let at = 0; at < body.length; at += pieceBytes) response.write(body.subarray(at, at + pieceBytes));
    response.end();
  };

const codings: readonly (readonly [string, (body: Buffer) => Buffer])[] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['GZip', gzipSync],
  ['br', brotliCompressSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['gzip, br', (body) => brotliCompressSync(gzipSync(body))],
  ['deflate ,  gzip', (body) => gzipSync(deflateRawSync(body))],
  ['identity, gzip', gzipSync],
  ['gzip', (body) => Buffer.concat([gzipSync(body.subarray(0, 10)), gzipSync(body.subarray(10))])],
  ['identity', (body) => body],
  ['none', (body) => body],
  ['UTF-8', (body) => body],
  ['', (body) => body],
];

describe('readAnswerBody', () => {
  it.for(codings)('reads a body that is %j', async ([encoding, encode], test) => {
    const { engine, client } = await useEngine(test, encoded(encode(Buffer.from(text)), encoding));
    expect(await client.get('/', never)).toBe(text);
    expect(await client.ask('/', never)).toMatchObject({ status: 200, body: text });
    expect(await client.get('/', never)).toBe(text);
    // Read to its end, so that the connection serves again.
    expect(engine.connections).toBeLessThanOrEqual(3);
  });

  it('reads encodings named in two headers', async (test) => {
    const body = brotliCompressSync(gzipSync(text));
    const { client } = await useEngine(test, encoded(body, ['gzip', 'br']));
    expect(await client.get('/', never)).toBe(text);
  });

  it('reads whatever comes in whatever pieces', async (test) => {
    const { engine, client } = await useEngine(test, () => {});
    const coding = fc.constantFrom(...codings);
    await fc.assert(
      fc.asyncProperty(
        fc.string({ maxLength: 300 }),
        coding,
        fc.integer({ min: 20, max: 200 }),
        async (body, [encoding, encode], pieceBytes) => {
          engine.answerWith(encoded(encode(Buffer.from(`"é${body}`)), encoding, pieceBytes));
          expect(await client.get('/', never)).toBe(`"é${body}`);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('reads an answer with another status, and one without a body, whatever it is said to be', async (test) => {
    const { engine, client } = await useEngine(test, (_request, response) => {
      response.writeHead(404, { 'content-encoding': 'gzip' }).end(gzipSync('{"detail":"no"}'));
    });
    expect(await client.ask('/', never)).toMatchObject({ status: 404, body: '{"detail":"no"}' });
    for (const encoding of ['gzip', 'br', 'deflate']) {
      engine.answerWith((_request, response) => {
        response.writeHead(204, { 'content-encoding': encoding }).end();
      });
      expect(await client.ask('/', never)).toMatchObject({ status: 204, body: '' });
      engine.answerWith(encoded(Buffer.alloc(0), encoding));
      expect(await client.ask('/', never)).toMatchObject({ status: 200, body: '' });
    }
  });

  it.for([
    ['compress', 'compress'],
    ['gzip, LZ4', 'lz4'],
    ['exi;q="1"', 'exi;q=?1?'],
    ['x'.repeat(500), 'x'.repeat(40)],
    ['gzip gzip', 'gzip?gzip'],
  ])('names the encoding %j that it cannot read', async ([encoding = '', named], test) => {
    const { client } = await useEngine(test, encoded(Buffer.from('hunter2'), encoding));
    const failure = {
      reason: 'encoding',
      retryable: false,
      message: `the engine answered in an encoding that cannot be read: "${named}"`,
    };
    await expect(client.get('/', never)).rejects.toMatchObject(failure);
    await expect(client.ask('/', never)).rejects.toMatchObject(failure);
  });

  it('undoes no more than five encodings', async (test) => {
    const times = (count: number): Handler => {
      const body = Array.from({ length: count }).reduce<Buffer>(
        (inner) => gzipSync(inner),
        Buffer.from(text),
      );
      return encoded(body, 'gzip,'.repeat(count));
    };
    const { engine, client } = await useEngine(test, times(5));
    expect(await client.get('/', never)).toBe(text);
    engine.answerWith(times(6));
    await expect(client.get('/', never)).rejects.toMatchObject({
      reason: 'encoding',
      message: 'the engine answered in more than 5 encodings at once',
    });
  });

  describe.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
  ] as const)('of %s', (encoding, encode) => {
    const broken = {
      reason: 'encoding',
      message: `the answer is no whole "${encoding}", which it says it is`,
    };

    it('refuses a body that ends too early', async (test) => {
      const whole = encode(text);
      const { engine, client } = await useEngine(
        test,
        encoded(whole.subarray(0, whole.length - 9), encoding),
      );
      await expect(client.get('/', never)).rejects.toMatchObject(broken);
      engine.answerWith(encoded(whole.subarray(0, 1), encoding));
      await expect(client.get('/', never)).rejects.toMatchObject(broken);
    });

    it('refuses a body that is something else', async (test) => {
      const { client } = await useEngine(test, encoded(Buffer.from('{"password":"hunter2"}'), encoding));
      const failure: unknown = await client.get('/', never).catch((error: unknown) => error);
      expect(failure).toMatchObject(broken);
      expect(JSON.stringify(failure)).not.toContain('hunter2');
    });

    it('bounds what comes out of it, not what goes in', async (test) => {
      const { engine, client } = await useEngine(test, encoded(encode('x'.repeat(mebibyte)), encoding), {
        maxBodyBytes: mebibyte,
      });
      expect(await client.get('/', never)).toHaveLength(mebibyte);
      engine.answerWith(encoded(encode('x'.repeat(mebibyte + 1)), encoding));
      await expect(client.get('/', never)).rejects.toMatchObject({
        reason: 'too_large',
        message: `body over ${mebibyte} bytes`,
      });
    });

    it('calls a connection that breaks by its name, not a broken encoding', async (test) => {
      const whole = encode(text);
      const { client } = await useEngine(test, (_request, response) => {
        response.writeHead(200, { 'content-encoding': encoding, 'content-length': whole.length });
        response.write(whole.subarray(0, whole.length / 2));
        setImmediate(() => response.destroy());
      });
      await expect(client.get('/', never)).rejects.toMatchObject({ reason: 'connect', retryable: true });
    });

    it('gives up on one that stalls half way', async (test) => {
      const whole = encode(text);
      const { engine, client } = await useEngine(test, (_request, response) => {
        response.writeHead(200, { 'content-encoding': encoding });
        response.write(whole.subarray(0, whole.length / 2));
      });
      const outcome = within('the timeout', client.get('/', AbortSignal.timeout(50)));
      await expect(outcome).rejects.toMatchObject({ reason: 'timeout' });
      await waitFor('the connection to close', () => engine.abandoned === 1);
    });
  });

  it('hangs up on a bomb, in whatever layer', async (test) => {
    const zeros = Buffer.alloc(16 * mebibyte);
    const { engine, client } = await useEngine(test, () => {}, { maxBodyBytes: mebibyte });
    const bombs: readonly (readonly [string, Buffer])[] = [
      ['gzip', gzipSync(zeros)],
      ['br', quickBrotli(zeros)],
      ['gzip, gzip', gzipSync(gzipSync(zeros))],
      // Its outer layer alone makes 8 MiB, of which the inner one makes nothing.
      ['gzip, br', quickBrotli(Buffer.alloc(8 * mebibyte, emptyGzip))],
    ];
    for (const [index, [encoding, body]] of bombs.entries()) {
      engine.answerWith((_request, response) => {
        response.writeHead(200, { 'content-encoding': encoding });
        // The end never comes.
        response.write(body);
      });
      await expect(within('the refusal', client.get('/', never))).rejects.toMatchObject({
        reason: 'too_large',
      });
      await waitFor('the connection to close', () => engine.abandoned === index + 1);
    }
  });

  it('hangs up on a body that goes on and never has anything in it', async (test) => {
    const nothing = Buffer.alloc(800 * emptyGzip.length, emptyGzip);
    const { engine, client } = await useEngine(
      test,
      (_request, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        const more = (): void => {
          while (!response.destroyed && response.write(nothing));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
      { maxBodyBytes: mebibyte },
    );
    await expect(within('the refusal', client.get('/', never))).rejects.toMatchObject({
      reason: 'too_large',
    });
    await waitFor('the connection to close', () => engine.abandoned === 1);
  });

  it('leaves out a byte order mark, and marks bytes that are not UTF-8', async (test) => {
    const { engine, client } = await useEngine(test, encoded(Buffer.from('\ufeff{"a":1}'), 'identity'));
    expect(await client.get('/', never)).toBe('{"a":1}');
    engine.answerWith(encoded(gzipSync(Buffer.from('{"a":"Lévy"}', 'latin1')), 'gzip'));
    expect(await client.get('/', never)).toBe('{"a":"L\ufffdvy"}');
  });
});
