import { Redis } from 'ioredis';
import { startRedis } from '../support/redis-server.ts';
import { waitFor } from '../support/wait.ts';
import { processorTime } from './machine.ts';
import { monotonicMs, pause } from './monotonic.ts';
import { RawClient } from './raw-client.ts';
import type { Bar, Figure } from './report.ts';
import { type BenchContext, runBench } from './run-bench.ts';
import { startGatewayProcess } from './server-process.ts';
import { median, type Summary, spread, summarise } from './stats.ts';

// Redis publish → receipt of a log, a diary entry and a graph update, in turn, over all clients: 20 a second.

const turns = 3;
const eventsATurn = 150;
const warmUpEvents = 60;
const everyMs = 50;
const barMs = 50;

/** What each event holds in one of its texts: when it was published, µs. */
const marker = 'published at ';
const kinds = [
  ['log', (mark: string) => ({ level: 'info', message: mark })],
  ['persona_entry', (mark: string) => ({ entry_type: 'observation', content: mark })],
  ['graph_update', (mark: string) => ({ update_type: 'entity_updated', entity_id: mark })],
] as const;

interface Turn extends Summary {
  /** Per event: how long server and clients, both, waited for their cores, ms. */
  readonly waitedMs: number;
}

async function measure(context: BenchContext, clients: number): Promise<readonly Turn[]> {
  const redis = await context.use(startRedis());
  const gateway = await context.use(
    startGatewayProcess(context.pinning, {
      // Nothing polls it: the events are all that happens.
      ENGINE_URL: 'http://127.0.0.1:9',
      REDIS_URL: redis.url,
      DIALECTS: 'diagnostics',
    }),
  );
  const publisher = new Redis(redis.url);
  await context.use({ stop: () => publisher.disconnect() });

  let latencies: number[] = [];
  let greeted = 0;
  const onPacket = (bytes: Buffer, start: number, end: number): void => {
    const now = monotonicMs();
    const text = bytes.toString('latin1', start, end);
    if (text.startsWith('{"type":"logs"')) {
      greeted += 1;
      return;
    }
    const at = text.indexOf(marker);
    if (at >= 0) latencies.push(now - Number.parseInt(text.slice(at + marker.length), 10) / 1000);
  };
  const onEnd = (): void => {};
  const fleet = Array.from(
    { length: clients },
    () => new RawClient(gateway.port, { onPacket, onEnd }, '/ws/diagnostics'),
  );
  await context.use({ stop: () => fleet.forEach((client) => void client.stop()) });
  await waitFor('every client', () => greeted === clients);

  const publish = async (events: number): Promise<void> => {
    const startedAt = monotonicMs();
    for (let event = 0; event < events; event += 1) {
      const [kind, make] = kinds[event % kinds.length] ?? kinds[0];
      // The last thing before it leaves: everything after this counts.
      const mark = `${marker}${Math.round(monotonicMs() * 1000)}.`;
      await publisher.publish(`diagnostics:${kind}`, JSON.stringify(make(mark)));
      await pause(startedAt + (event + 1) * everyMs - monotonicMs());
    }
    await waitFor('the last event at every client', () => latencies.length === events * clients);
  };

  await publish(warmUpEvents);
  const waited = () => processorTime(gateway.pid).waitedMs + processorTime(process.pid).waitedMs;
  const measured: Turn[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    latencies = [];
    const before = waited();
    await publish(eventsATurn);
    measured.push({ ...summarise(latencies), waitedMs: (waited() - before) / eventsATurn });
  }
  for (const client of fleet) client.stop();
  return measured;
}

function figures(clients: number, measured: readonly Turn[]): readonly Figure[] {
  const label = clients === 1 ? '1 client' : `${clients} clients`;
  const over = (name: string, read: (turn: Turn) => number, bar?: Bar): Figure => {
    const values = measured.map(read);
    return {
      name: `${label}: ${name}`,
      value: median(values),
      unit: 'ms',
      ...(bar === undefined ? {} : { bar }),
      note: `turns ${spread(values)}`,
    };
  };
  return [
    over('p50', ({ p50 }) => p50),
    over('p99', ({ p99 }) => p99, { is: '≤', value: barMs }),
    over('max', ({ max }) => max),
    over('waited for a core, an event', ({ waitedMs }) => waitedMs),
  ];
}

await runBench('diagnostics-latency', async (context) => {
  context.say(`${turns} turns of ${eventsATurn} events, 20 a second; the median of the turns counts`);
  const one = await measure(context, 1);
  const hundred = await measure(context, 100);
  return [...figures(1, one), ...figures(100, hundred)];
});
