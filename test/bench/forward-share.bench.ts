import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { Agent, request } from 'undici';
import type { Resource } from '../support/wait.ts';
import { monotonicMs, pause } from './monotonic.ts';
import type { Figure } from './report.ts';
import { type BenchContext, runBench } from './run-bench.ts';
import { startGatewayProcess } from './server-process.ts';
import { summarise } from './stats.ts';

// How long one client waits for an answer of the engine's while another holds what it can get: answers that it does
// not read, or requests for what hangs.

const greedy = '127.0.0.2';
const modest = '127.0.0.3';
const rounds = 50;
const patienceMs = 5000;
const barMs = 500;

/** An engine whose answers below `endless` never end, and that never answers at `/api/messages` or below `hanging`. */
async function startEngine(): Promise<Resource & { readonly url: string }> {
  const engine = createServer(({ url = '' }, response) => {
    if (url.includes('hanging') || url.startsWith('/api/messages')) return;
    if (!url.includes('endless')) {
      response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
      return;
    }
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
    };
    response.on('drain', more);
    more();
  });
  engine.listen(0, '127.0.0.1');
  await once(engine, 'listening');
  const address = engine.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    stop() {
      engine.closeAllConnections();
      engine.close();
    },
  };
}

/** The times of the modest client's requests, one after the other, while the greedy one has asked for its own. */
async function measure(
  { use, pinning }: BenchContext,
  { held, path, asked }: { readonly held: number; readonly path: string; readonly asked: string },
): Promise<{ readonly times: readonly number[]; readonly failed: number }> {
  const engine = await use(startEngine());
  const gateway = await startGatewayProcess(pinning, {
    ENGINE_URL: engine.url,
    ENGINE_PASSTHROUGH: '/api/orders',
    DIALECTS: 'streams',
    LOG_LEVEL: 'info',
  });
  const target = { port: gateway.port, host: '127.0.0.1' };
  const sockets = Array.from({ length: held }, () => {
    const socket = connect({ ...target, localAddress: greedy }).on('error', () => {});
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    return socket;
  });
  await pause(2000);
  const dispatcher = new Agent({ localAddress: modest });
  const times: number[] = [];
  let failed = 0;
  for (let round = 0; round < rounds && failed < 2; round += 1) {
    const startedAt = monotonicMs();
    const signal = AbortSignal.timeout(patienceMs);
    const status = await request(`http://127.0.0.1:${gateway.port}${asked}`, { dispatcher, signal })
      .then(async ({ statusCode, body }) => {
        await body.dump();
        return statusCode;
      })
      .catch(() => 0);
    times.push(monotonicMs() - startedAt);
    if (status !== 200) failed += 1;
  }
  for (const socket of sockets) socket.destroy();
  await dispatcher.destroy();
  await gateway.stop();
  return { times, failed };
}

await runBench('forward-share', async (context) => {
  const scenes = [
    ['nobody else', { held: 0, path: '/', asked: '/api/orders/quick' }],
    ['16 forwarded answers unread', { held: 16, path: '/api/orders/endless', asked: '/api/orders/quick' }],
    [
      '40 requests for a hanging forwarded path',
      { held: 40, path: '/api/orders/hanging', asked: '/api/orders/quick' },
    ],
    ['40 requests for hanging /api/messages', { held: 40, path: '/api/messages', asked: '/api/instances' }],
  ] as const;
  const figures: Figure[] = [];
  for (const [name, scene] of scenes) {
    const { times, failed } = await measure(context, scene);
    const { p50, max } = summarise(times);
    figures.push({
      name: `another client's request: ${name}`,
      value: max,
      unit: 'ms',
      bar: { is: '≤', value: barMs },
      note: `longest of ${times.length}, p50 ${p50.toFixed(1)} ms; ${failed} not answered in ${patienceMs} ms`,
    });
  }
  return figures;
});
