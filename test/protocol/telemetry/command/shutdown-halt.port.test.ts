import { describe, expect, it } from 'vitest';
import { connectClient } from '../../../support/client.ts';
import { startGateway } from '../../../support/gateway.ts';
import { type TestScope, useIn, waitFor, within } from '../../../support/wait.ts';
import { startCommandEngine } from './set-up.ts';

/** An operator of a gateway whose engine is being restarted. */
async function setUp(test: TestScope, shutdownTimeoutMs: number) {
  const engine = await startCommandEngine();
  await engine.close();
  test.onTestFinished(() => engine.close());
  const settings = {
    ENGINE_URL: engine.url,
    ALLOW_COMMANDS: 'true',
    SHUTDOWN_TIMEOUT_MS: `${shutdownTimeoutMs}`,
    POLL_CRON: '0 0 0 1 1 *',
  };
  const gateway = await useIn(test, startGateway({ engine: false, settings }));
  const operator = await useIn(test, connectClient(gateway.wsUrl));
  await operator.nextOf('WELCOME');
  const halt = async (): Promise<void> => {
    operator.send({ type: 'HALT', requestId: 'h' });
    operator.send({ type: 'PING', t: 1 });
    // Messages are taken in order: the HALT is under way.
    await operator.nextOf('PONG');
  };
  return { engine, gateway, operator, halt };
}

describe('A HALT given just before the gateway stops', () => {
  it('reaches an engine that comes back, and its answer the operator, who is then closed with 1001', async (test) => {
    const { engine, gateway, operator, halt } = await setUp(test, 5000);
    await halt();
    const stopped = gateway.stop();
    await waitFor('the shutdown', () => gateway.log.entries.some(({ message }) => message === 'shutdown'));
    operator.send({ type: 'RESUME', requestId: 'r' });
    expect((await operator.nextOf('ERROR')).body).toMatchObject({ command: 'RESUME', requestId: 'r' });
    engine.handle((request) => request.answer(200, '{"status":"HALT"}'));
    await engine.open();
    const answer = await operator.nextOf('ACK');
    expect(answer.body).toMatchObject({ requestId: 'h', result: { status: 'HALT' } });
    expect((await operator.closed).code).toBe(1001);
    await within('the end', stopped);
    const paths = engine.received.map(({ path }) => path).filter((path) => path.includes('/api/system/halt'));
    expect(paths).toHaveLength(1);
  });

  it('keeps it no longer than SHUTDOWN_TIMEOUT_MS, and the operator is told', async (test) => {
    const { gateway, operator, halt } = await setUp(test, 500);
    await halt();
    const startedAt = performance.now();
    await within('the end', gateway.stop());
    expect(performance.now() - startedAt).toBeLessThan(5000);
    const answer = await operator.nextOf('ERROR');
    expect(answer.body).toMatchObject({ requestId: 'h', code: 'ENGINE_UNREACHABLE' });
    expect((await operator.closed).code).toBe(1001);
  });

  it('is the only thing that keeps it: without one it does not wait for the engine', async (test) => {
    const { gateway, operator } = await setUp(test, 60_000);
    const startedAt = performance.now();
    await within('the end', gateway.stop());
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect((await operator.closed).code).toBe(1001);
  });
});
