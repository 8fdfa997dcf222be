import { Fetch, io, type Socket } from 'socket.io-client';
import { monotonicMs, pause } from '../monotonic.ts';
import { obeyOrders } from '../orders.ts';
import { summarise } from '../stats.ts';
import type { Stamp } from './snapshot-engine.ts';
import type { Audience, ViewersOrder, ViewersReport } from './viewers.ts';

// The viewers, told what to do over IPC by viewers.ts.

/** Connections begun at once: all together they would measure the listen queue. */
const openAtOnce = 50;
const openTimeoutMs = 25_000;
/** With a pool of connections that are kept, as a browser has one: Node's other way opens one for each request. */
const transports = { websocket: ['websocket'], polling: [Fetch] };

interface Update {
  readonly bench: Stamp;
}

interface Viewer {
  readonly socket: Socket;
  everUpdated: boolean;
  /** Of the snapshots it got since the last reset. */
  revisions: number[];
}

/** When the first and the last viewer had a snapshot, ms. */
interface Sighting {
  readonly first: number;
  last: number;
}

const viewers: Viewer[] = [];
const sightings = new Map<number, Sighting>();
let latencies: number[] = [];
let errors: string[] = [];
/** Of those that could not connect. */
let refusals: string[] = [];
let newest: Update | undefined;

async function open({ port, transport, count, hours = 24, interval = 1 }: Audience): Promise<void> {
  const until = monotonicMs() + openTimeoutMs;
  for (const target = viewers.length + count; viewers.length < target; ) {
    const batchEnd = Math.min(target, viewers.length + openAtOnce);
    while (viewers.length < batchEnd) viewers.push(newViewer(port, transport, { hours, interval }));
    while (viewers.some(({ everUpdated }) => !everUpdated)) {
      if (refusals.length > 0 || monotonicMs() > until) {
        const updated = viewers.filter(({ everUpdated }) => everUpdated).length;
        const why = [...refusals, ...errors].join('; ');
        throw new Error(`${updated} of ${target} viewers had an update in time; ${why}`);
      }
      await pause(2);
    }
  }
}

function newViewer(
  port: number,
  transport: Audience['transport'],
  { hours, interval }: Required<Pick<Audience, 'hours' | 'interval'>>,
): Viewer {
  const socket = io(`http://127.0.0.1:${port}`, {
    forceNew: true,
    reconnection: false,
    transports: transports[transport],
  });
  const viewer: Viewer = { socket, everUpdated: false, revisions: [] };
  socket.on('connect', () => socket.emit('subscribe', { hours, update_interval: interval }));
  socket.on('connect_error', ({ message }) => refusals.push(message));
  socket.on('error', ({ error }: { error: string }) => errors.push(error));
  socket.on('metrics_update', (update: Update) => onUpdate(viewer, update));
  return viewer;
}

function onUpdate(viewer: Viewer, update: Update): void {
  const now = monotonicMs();
  viewer.everUpdated = true;
  newest = update;
  const { revision, made_ms } = update.bench;
  viewer.revisions.push(revision);
  latencies.push(now - made_ms);
  const sighting = sightings.get(revision);
  if (sighting === undefined) sightings.set(revision, { first: now, last: now });
  else sighting.last = now;
}

function reset(): void {
  for (const viewer of viewers) viewer.revisions = [];
  sightings.clear();
  latencies = [];
  errors = [];
  refusals = [];
}

function report(): ViewersReport {
  const updates = viewers.map(({ revisions }) => revisions.length);
  return {
    viewers: viewers.length,
    connected: viewers.filter(({ socket }) => socket.connected).length,
    updates: sum(updates),
    fewest: Math.min(...updates),
    most: Math.max(...updates),
    revisions: sightings.size,
    missed: sum(viewers.map(({ revisions }) => missedBy(revisions))),
    payloadBytes: Buffer.byteLength(JSON.stringify(newest) ?? ''),
    latency: summarise(latencies),
    firstToLast: summarise([...sightings.values()].map(({ first, last }) => last - first)),
    errors,
  };
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

function missedBy(revisions: readonly number[]): number {
  const [first = 0, last = 0] = [revisions[0], revisions.at(-1)];
  const got = new Set(revisions);
  return [...sightings.keys()].filter((one) => one > first && one < last && !got.has(one)).length;
}

function close(): void {
  for (const { socket } of viewers.splice(0)) socket.disconnect();
  reset();
}

obeyOrders(async (order: ViewersOrder): Promise<ViewersReport | undefined> => {
  if (order.do === 'report') return report();
  if (order.do === 'open') await open(order);
  if (order.do === 'reset') reset();
  if (order.do === 'close') close();
  return undefined;
});
