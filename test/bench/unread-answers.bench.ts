import { connect } from 'node:net';
import { request } from 'undici';
import { startEngine } from './engine.ts';
import { residentBytes } from './machine.ts';
import { monotonicMs, pause } from './monotonic.ts';
import type { Figure } from './report.ts';
import { type BenchContext, runBench } from './run-bench.ts';
import { startGatewayProcess } from './server-process.ts';
import { summarise } from './stats.ts';

// What strangers cost who ask for the largest file of the dashboard 1,500 times at once, or once on each of many
// sockets, and read nothing: memory, and what others wait for /livez meanwhile.

const mebibyte = 1024 * 1024;
const probes = 100;
const settleMs = 3000;

/** The path of the page's largest script. */
async function largestAsset(url: string): Promise<string> {
  const page = await (await request(url)).body.text();
  const paths = [...page.matchAll(/(?:src|href)="\.?(\/assets\/[^"]+\.js)"/g)].map(([, path = '']) => path);
  const [first] = paths;
  if (first === undefined) throw new Error('the page has no script: npm run build');
  return first;
}

async function measure(
  { use, pinning }: BenchContext,
  { sockets: count, requests }: { readonly sockets: number; readonly requests: number },
): Promise<{ readonly grownMiB: number; readonly waits: readonly number[] }> {
  const engine = await use(startEngine());
  const gateway = await startGatewayProcess(pinning, { ENGINE_URL: engine.url });
  const url = `http://127.0.0.1:${gateway.port}`;
  const asset = await largestAsset(url);
  await pause(1000);
  const before = residentBytes(gateway.pid) / mebibyte;
  const text = `GET ${asset} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(requests);
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(gateway.port, '127.0.0.1').on('error', () => {});
    socket.pause().write(text);
    return socket;
  });
  await pause(settleMs);
  const waits: number[] = [];
  for (let probe = 0; probe < probes; probe += 1) {
    const startedAt = monotonicMs();
    await (await request(`${url}/livez`)).body.dump();
    waits.push(monotonicMs() - startedAt);
  }
  const grownMiB = residentBytes(gateway.pid) / mebibyte - before;
  for (const socket of sockets) socket.destroy();
  await gateway.stop();
  return { grownMiB, waits };
}

await runBench('unread-answers', async (context) => {
  const figures: Figure[] = [];
  for (const [name, scene] of [
    ['16 sockets, 1,500 requests each', { sockets: 16, requests: 1500 }],
    ['16 sockets, 150 requests each', { sockets: 16, requests: 150 }],
    ['300 sockets, one request each', { sockets: 300, requests: 1 }],
  ] as const) {
    const { grownMiB, waits } = await measure(context, scene);
    const { p50, max } = summarise(waits);
    figures.push({
      name: `memory a socket: ${name}`,
      value: grownMiB / scene.sockets,
      unit: 'MiB',
      bar: { is: '<', value: 4 },
      note: `${grownMiB.toFixed(1)} MiB in all; /livez p50 ${p50.toFixed(1)}, longest ${max.toFixed(1)} ms`,
    });
  }
  return figures;
});
