import { FleetClient } from './fleet-client.ts';
import type { FleetCommand, FleetReport } from './fleet-protocol.ts';
import { LatencyBook } from './latency-book.ts';
import { monotonicMs, pause } from './monotonic.ts';
import { obeyOrders } from './orders.ts';
import { summarise } from './stats.ts';

// The fleet: all clients of a benchmark in one process, told what to do over IPC by fleet.ts.

/** Connections begun at once: a fleet that arrives all together would measure the listen queue. */
const openAtOnce = 50;
const openTimeoutMs = 20_000;

const clients: FleetClient[] = [];
const book = new LatencyBook();
let newest = 0;
let welcomes = 0;
let cpuBefore = process.cpuUsage();

async function open(port: number, count: number): Promise<void> {
  const until = monotonicMs() + openTimeoutMs;
  for (const target = clients.length + count; clients.length < target; ) {
    const batchEnd = Math.min(target, clients.length + openAtOnce);
    while (clients.length < batchEnd) clients.push(newClient(port));
    while (welcomes < batchEnd) {
      if (monotonicMs() > until) throw new Error(`${welcomes} of ${target} clients were welcomed in time`);
      await pause(2);
    }
  }
}

function newClient(port: number): FleetClient {
  return new FleetClient(port, {
    onWelcome: () => {
      welcomes += 1;
    },
    onEnd: () => {},
    onUpdate(seq, bytes, start, end) {
      if (seq > newest) newest = seq;
      book.add(monotonicMs(), seq, bytes, start, end);
    },
  });
}

function reset(): void {
  for (const client of clients) client.reset(newest);
  book.clear();
  cpuBefore = process.cpuUsage();
}

function report(part: readonly FleetClient[]): FleetReport {
  const cpu = process.cpuUsage(cpuBefore);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const packets = part.map((client) => client.packets);
  const catchUps = part.flatMap(({ catchUp }) => (catchUp === undefined ? [] : [catchUp]));
  return {
    clients: part.length,
    open: part.filter(({ closeCode }) => closeCode === undefined).length,
    packets: sum(packets),
    bytes: sum(part.map((client) => client.bytes)),
    fewest: Math.min(...packets),
    most: Math.max(...packets),
    versions: book.versions,
    latency: book.all(),
    lastClient: book.lastClient(),
    caughtUp: summarise(catchUps.flatMap(({ tookMs }) => (tookMs === undefined ? [] : [tookMs]))),
    oldBytes: summarise(catchUps.map(({ oldBytes }) => oldBytes)),
    behind: catchUps.filter(({ tookMs }) => tookMs === undefined).length,
    closes: part.flatMap(({ closeCode, closedAt }) =>
      closeCode === undefined ? [] : [{ code: closeCode, at: closedAt }],
    ),
    cpuUsPerPacket: (cpu.user + cpu.system) / sum(packets),
  };
}

function closeAll(): void {
  for (const client of clients.splice(0)) client.destroy();
  welcomes = 0;
  newest = 0;
}

async function obey(command: FleetCommand): Promise<FleetReport | undefined> {
  switch (command.do) {
    case 'open':
      await open(command.port, command.clients);
      return undefined;
    case 'reset':
      reset();
      return undefined;
    case 'stall':
      for (const client of clients.slice(command.from, command.to)) client.stall();
      return undefined;
    case 'resume':
      for (const client of clients.slice(command.from, command.to)) client.resume(newest);
      return undefined;
    case 'report':
      return report(clients.slice(command.from, command.to));
    case 'close':
      closeAll();
      return undefined;
  }
}

obeyOrders(obey);
