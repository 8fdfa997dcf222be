import { parseArgs } from 'node:util';
import { isJsonObject } from '../../src/core/json.ts';
import { startRedis } from '../support/redis-server.ts';
import { waitFor } from '../support/wait.ts';
import { pay } from './churn/visits.ts';
import { startEngine } from './engine.ts';
import { growing, type HeapCensus } from './inspect/heap-census.ts';
import { type Inspector, reserveInspector } from './inspect/inspector.ts';
import { residentBytes } from './machine.ts';
import { startPublisher } from './publisher.ts';
import type { Figure } from './report.ts';
import { runBench } from './run-bench.ts';
import { startGatewayProcess } from './server-process.ts';

// 100,000 clients come and go, in all the ways there are, while events go out: what of the gateway grows with their
// number? Its heap is counted by class after a warm-up, half-way and at the end, each time with nobody connected and
// garbage collected. A class that grew in both halves leaks; one that grew in one of them is a cache that filled.
//
//   npm run bench -- churn [--cycles 100000]

const { values: args } = parseArgs({ options: { cycles: { type: 'string', default: '100000' } } });
const stage = Math.ceil(Number(args.cycles) / 2);
const warmUp = 5000;
const atOnce = 40;
const eventEveryMs = 100;
/** Half of what the rarest of the 90 kinds of visit would leave behind, were it one object a visit. */
const allowed = Math.max(100, stage / 180);
const leftWithinMs = 30_000;
const shown = 5;

/** What the gateway holds while nobody is connected. */
interface Stock {
  readonly classes: HeapCensus;
  readonly listeners: number;
  /** What keeps its event loop going, by type. */
  readonly resources: Readonly<Record<string, number>>;
  readonly heapBytes: number;
  readonly residentBytes: number;
}

const resourcesNow = `process.getActiveResourcesInfo().reduce(
  (counts, type) => ({ ...counts, [type]: (counts[type] ?? 0) + 1 }), {})`;

async function readResources(inspector: Inspector): Promise<Readonly<Record<string, number>>> {
  const value = await inspector.evaluate(resourcesNow);
  if (!isJsonObject(value)) throw new Error('the gateway did not tell its resources');
  return Object.fromEntries(Object.entries(value).map(([type, count]) => [type, Number(count)]));
}

const socketsIn = (resources: Readonly<Record<string, number>>) => resources.TCPSocketWrap ?? 0;

/** @param sockets what the gateway has open without any client */
async function takeStock(inspector: Inspector, pid: number, sockets: number): Promise<Stock> {
  const resources = await waitFor(
    'the gateway to have seen everyone off',
    async () => {
      const now = await readResources(inspector);
      return socketsIn(now) <= sockets && now;
    },
    { timeoutMs: leftWithinMs, state: () => ({ sockets }) },
  );
  const classes = await inspector.census();
  const listeners = await inspector.countListeners();
  await inspector.collectGarbage();
  const heapBytes = Number(await inspector.evaluate('process.memoryUsage().heapUsed'));
  return { classes, listeners, resources, heapBytes, residentBytes: residentBytes(pid) };
}

/** Visits `from` up to, but not with, `to`; so many at once. */
async function visitAll(port: number, from: number, to: number): Promise<void> {
  let next = from;
  const goOn = async () => {
    while (next < to) {
      next += 1;
      await pay(port, next - 1);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, goOn));
}

function figures([first, half, last]: readonly [Stock, Stock, Stock]): readonly Figure[] {
  const stocks = [first, half, last];
  const grown = growing(
    stocks.map(({ classes }) => classes),
    allowed,
  );
  const held = (name: string, unit: string, read: (stock: Stock) => number): Figure => ({
    name: `${name}, growth in the second half`,
    value: read(last) - read(half),
    unit,
    note: stocks.map((stock) => read(stock).toFixed(unit === 'MB' ? 1 : 0)).join(' → '),
  });
  const mebibyte = 1024 * 1024;
  return [
    {
      name: 'classes that go on growing',
      value: grown.length,
      unit: '',
      bar: { is: '=', value: 0 },
      note: grown
        .slice(0, shown)
        .map(({ name, counts }) => `${name}: ${counts.join(' → ')}`)
        .join('; '),
    },
    { ...held('listeners', '', ({ listeners }) => listeners), bar: { is: '≤', value: 0 } },
    { ...held('open sockets', '', ({ resources }) => socketsIn(resources)), bar: { is: '≤', value: 0 } },
    held('active timers', '', ({ resources }) => resources.Timeout ?? 0),
    held('heap', 'MB', ({ heapBytes }) => heapBytes / mebibyte),
    held('RSS', 'MB', (stock) => stock.residentBytes / mebibyte),
  ];
}

await runBench('churn', async ({ pinning, use, say }) => {
  say(
    `${2 * stage} visits after ${warmUp} for warming up, ${atOnce} at once, an event each ${eventEveryMs} ms`,
  );
  const redis = await use(startRedis());
  const engine = await use(startEngine());
  const slot = await reserveInspector();
  const gateway = await use(
    startGatewayProcess(pinning, {
      ENGINE_URL: engine.url,
      REDIS_URL: redis.url,
      MAX_CONNECTIONS_PER_IP: '0',
      POLL_CRON: '0 0 * * * *',
      // Versions that are kept would grow with time, not with clients.
      HISTORY_SECONDS: '0',
      ...slot.env,
    }),
  );
  const publisher = await use(startPublisher(redis.url));
  const inspector = await use(slot.connect());
  let sockets = socketsIn(await readResources(inspector));
  let visits = 0;
  const visitAndCount = async (count: number): Promise<Stock> => {
    const stopPublishing = publisher.publishUntilStopped(eventEveryMs);
    await visitAll(gateway.port, visits, visits + count);
    visits += count;
    await stopPublishing();
    return takeStock(inspector, gateway.pid, sockets);
  };

  const first = await visitAndCount(warmUp);
  sockets = socketsIn(first.resources);
  const half = await visitAndCount(stage);
  const last = await visitAndCount(stage);
  return figures([first, half, last]);
});
