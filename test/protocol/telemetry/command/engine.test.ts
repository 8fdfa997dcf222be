import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Attempt, CommandEngine } from '../../../../src/protocol/telemetry/command/engine.ts';
import { type Handler, startEngineServer } from '../../../source/engine-server.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { type TestScope, within } from '../../../support/wait.ts';
import { scriptedPolls } from './set-up.ts';

const clock = createManualClock();
const kibibyte = 1024;

const encoded =
  (encoding: string, body: string | Buffer, status = 200): Handler =>
  (_request, response) =>
    void response.writeHead(status, { 'content-encoding': encoding }).end(body);

function haltAt(url: string): Attempt {
  const engine = new CommandEngine({ url, clock, polls: scriptedPolls(clock) });
  return engine.send({ type: 'HALT', key: 'k' }, () => true);
}

async function halt(test: TestScope, handler: Handler) {
  const server = await startEngineServer(handler);
  test.onTestFinished(() => server.stop());
  return await within('the answer', haltAt(server.url).answer);
}

describe('Attempt', () => {
  it.for([
    ['gzip', gzipSync],
    ['BR', brotliCompressSync],
    ['gzip, br', (text: string) => brotliCompressSync(gzipSync(text))],
  ] as const)('reads an answer in %s', async ([encoding, encode], test) => {
    const answer = await halt(test, encoded(encoding, encode('{"status":"HALT"}')));
    expect(answer).toMatchObject({ ok: true, result: { status: 'HALT' } });
  });

  it('takes an empty one for an empty one', async (test) => {
    expect(await halt(test, encoded('gzip', ''))).toMatchObject({ ok: true, result: null });
  });

  it('takes no success for a yes whose encoding it cannot read, and names that', async (test) => {
    expect(await halt(test, encoded('compress', 'hunter2'))).toEqual({
      ok: false,
      code: 'ENGINE_REFUSED',
      effect: 'unknown',
      retryable: true,
      message:
        'the engine answered in an encoding that cannot be read: "compress"; the command may have taken effect',
    });
    expect(await halt(test, encoded('gzip', 'hunter2'))).toMatchObject({ ok: false, effect: 'unknown' });
  });

  it.for([
    [403, 'ENGINE_REFUSED', 'none'],
    [500, 'ENGINE_REFUSED', 'unknown'],
    [503, 'ENGINE_UNREACHABLE', 'unknown'],
    [302, 'ENGINE_UNREACHABLE', 'unknown'],
  ] as const)('goes by the status alone where that is %d', async ([status, code, effect], test) => {
    expect(await halt(test, encoded('compress', 'hunter2', status))).toMatchObject({
      ok: false,
      code,
      effect,
    });
    expect(await halt(test, encoded('gzip', 'hunter2', status))).toMatchObject({ ok: false, code, effect });
  });

  it('bounds what comes out of a compressed answer', async (test) => {
    const bomb = gzipSync(JSON.stringify('x'.repeat(64 * kibibyte)));
    expect(await halt(test, encoded('gzip', bomb))).toMatchObject({
      ok: false,
      code: 'ENGINE_REFUSED',
      message: expect.stringContaining(`is over ${64 * kibibyte} bytes`),
    });
    const whole = gzipSync(`{"ok":true}${' '.repeat(64 * kibibyte - 11)}`);
    expect(await halt(test, encoded('gzip', whole))).toMatchObject({ ok: true });
  });

  it('says in words why the engine was not reached', async () => {
    const server = await startEngineServer();
    await server.stop();
    const attempt = haltAt(server.url);
    expect(await attempt.answer).toMatchObject({
      effect: 'none',
      message: 'the engine could not be reached: connection refused (ECONNREFUSED); the command was not sent',
    });
    expect(attempt.isSent).toBe(false);
  });
});
