import { describe, expect, it } from 'vitest';
import { waitFor, within } from '../support/wait.ts';
import { type Handler, useEngine } from './engine-server.ts';

const never = new AbortController().signal;
const cap = 4 * 1024 * 1024;

/** `bytes` as a JSON string, its length announced or sent in chunks without. */
const sized =
  (bytes: number, announced: boolean): Handler =>
  (_request, response) => {
    const body = Buffer.alloc(bytes, 'x');
    body[0] = 0x22;
    body[bytes - 1] = 0x22;
    if (announced) response.setHeader('content-length', bytes);
    else response.write(body.subarray(0, 1));
    response.end(announced ? body : body.subarray(1));
  };

describe('EngineClient bounds', () => {
  it.for([true, false])('takes a body of exactly 4 MiB (length announced: %s)', async (announced, test) => {
    const { client } = await useEngine(test, sized(cap, announced));
    expect(await client.get('/', never)).toHaveLength(cap);
  });

  it.for([true, false])('refuses one byte more (length announced: %s)', async (announced, test) => {
    const { client } = await useEngine(test, sized(cap + 1, announced));
    await expect(client.get('/', never)).rejects.toMatchObject({ reason: 'too_large', retryable: false });
  });

  it('hangs up on a body that never ends', async (test) => {
    const { engine, client } = await useEngine(
      test,
      (_request, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(16_384, 'x')));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
      { maxBodyBytes: 1024 * 1024 },
    );
    await expect(within('the refusal', client.get('/', never))).rejects.toMatchObject({
      reason: 'too_large',
      message: 'body over 1048576 bytes',
    });
    await waitFor('the connection to close', () => engine.abandoned === 1);
  });

  it('goes on with other connections after a body that was too large', async (test) => {
    const { engine, client } = await useEngine(test, sized(2000, false), { maxBodyBytes: 1000 });
    await expect(client.get('/', never)).rejects.toMatchObject({ reason: 'too_large' });
    engine.answerWith(sized(1000, false));
    expect(await client.get('/', never)).toHaveLength(1000);
  });

  it('gives up on an engine that accepts and says nothing', async (test) => {
    const { engine, client } = await useEngine(test, () => {});
    const outcome = client.get('/', AbortSignal.timeout(50));
    await expect(within('the timeout', outcome)).rejects.toMatchObject({ reason: 'timeout' });
    await waitFor('the connection to close', () => engine.abandoned === 1);
  });

  it.for(['announced', 'chunked'])('gives up on a body that stalls half way (%s)', async (kind, test) => {
    const { engine, client } = await useEngine(test, (_request, response) => {
      if (kind === 'announced') response.setHeader('content-length', 100);
      response.write('{"price":1');
    });
    const outcome = client.get('/', AbortSignal.timeout(50));
    await expect(within('the timeout', outcome)).rejects.toMatchObject({ reason: 'timeout' });
    await waitFor('the connection to close', () => engine.abandoned === 1);
  });

  it('gives up on a refusal whose body stalls', async (test) => {
    const { engine, client } = await useEngine(test, (_request, response) => {
      response.writeHead(404, { 'content-length': 100 });
      response.write('{"detail"');
    });
    const outcome = client.get('/', AbortSignal.timeout(50));
    await expect(within('the end', outcome)).rejects.toMatchObject({ name: 'PollFailure' });
    await waitFor('the connection to close', () => engine.abandoned === 1);
  });

  it('is over at once where time was up before it began', async (test) => {
    const { engine, client } = await useEngine(test, () => {});
    await expect(client.get('/', AbortSignal.abort())).rejects.toMatchObject({ reason: 'timeout' });
    expect(engine.requests).toHaveLength(0);
  });

  it('ends a request under way when it is closed', async (test) => {
    const { engine, client } = await useEngine(test, () => {});
    const outcome = client.get('/', never);
    const settled = expect(outcome).rejects.toMatchObject({ name: 'PollFailure', reason: 'connect' });
    await waitFor('the request', () => engine.requests.length === 1);
    await client.close();
    await within('the end', settled);
  });

  it('does not take something that is no HTTP for an answer', async (test) => {
    const { client } = await useEngine(
      test,
      (request) => void request.socket.end('hunter2 is not HTTP\r\n\r\n'),
    );
    const error: unknown = await client.get('/', never).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'PollFailure', reason: 'connect' });
    expect(String(error)).not.toContain('hunter2');
  });
});
