import { openConnection } from './connection.ts';
import { openEventStream } from './event-stream.ts';
import { createLane, type Lane, type LaneContext, type LaneOptions } from './lane.ts';
import type { Settings } from './options.ts';
import { openPolling } from './polling.ts';
import type { TransportName } from './types.ts';
import type { View } from './view.ts';

const paths = { websocket: 'ws/stream', sse: 'api/stream/telemetry', polling: 'api/telemetry' } as const;
/**
 * What the gateway says at least so often, even where nothing changes: a packet, as long as the engine's state is
 * fresh (beyond that silence is no fault, and PINGs tell), or an SSE comment.
 */
const packetMs = 5000;
const commentMs = 15_000;
const missedRepeats = 3;

/**
 * The ways to the gateway that this platform has, best first.
 *
 * @param since `<epoch>-<seq>` of what is held; undefined where the whole document is wanted
 */
export function createLanes(
  settings: Settings,
  view: View,
  since: () => string | undefined,
  context: LaneContext,
): Lane[] {
  const { WebSocket, fetch, codec, clock, timing } = settings;
  const url = (transport: TransportName): string => {
    const target = new URL(paths[transport], settings.base);
    target.search = view.query(transport, since());
    if (transport === 'websocket') target.protocol = target.protocol.replace('http', 'ws');
    return target.href;
  };
  const intervalMs = (): number => {
    const { interval } = view.wanted();
    return typeof interval === 'number' ? interval : 0;
  };
  const staleMs = (): number => timing.staleMs ?? missedRepeats * Math.max(packetMs, intervalMs());

  const lanes: LaneOptions[] = [];
  if (WebSocket) {
    lanes.push({
      name: 'websocket',
      open: (token, events) => openConnection({ WebSocket, url: url('websocket'), token, codec }, events),
      staleMs,
      ping: (link) => link.send?.({ type: 'PING', t: clock.monotonic() }),
    });
  }
  if (fetch) {
    lanes.push(
      {
        name: 'sse',
        open: (token, events) => openEventStream({ fetch, url: url('sse'), token }, events),
        // Comments come whatever the interval is.
        staleMs: () => Math.max(timing.staleMs ?? 0, missedRepeats * commentMs),
      },
      {
        name: 'polling',
        open(token, events) {
          const everyMs = Math.max(timing.pollMs, intervalMs());
          const timeoutMs = timing.connectMs;
          return openPolling({ fetch, url: url('polling'), token, clock, everyMs, timeoutMs }, events);
        },
      },
    );
  }
  return lanes.map((options) => createLane(options, context));
}
