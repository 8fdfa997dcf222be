import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import { createEngineClient, type EngineClient } from './engine-client.ts';
import { createEngineTraffic, type EngineTraffic } from './engine-traffic.ts';
import { countingEvents, type EventSource } from './events.ts';
import { createRedisEvents } from './redis-events.ts';
import type { SourceBoard } from './source-board.ts';

/** Settings by their names. */
export interface ConnectionSettings {
  readonly ENGINE_URL: string;
  readonly ENGINE_TOKEN?: string | undefined;
  readonly REDIS_URL?: string | undefined;
  readonly REDIS_STATE_CHANNEL: string;
}

export interface ConnectionParts {
  /** Where events come from without Redis. */
  readonly otherEvents: EventSource;
  /** Redis is back: what was said meanwhile is not known. */
  readonly onReconnected: () => void;
  readonly board: SourceBoard;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

export interface Connections {
  readonly traffic: EngineTraffic;
  /** For polls, whose figures `traffic` knows. */
  readonly client: EngineClient;
  readonly events: EventSource;
}

/** What the gateway is connected to: the engine, and Redis where there is one. */
export function createConnections(
  { ENGINE_URL, ENGINE_TOKEN: token, REDIS_URL, REDIS_STATE_CHANNEL }: ConnectionSettings,
  { otherEvents, onReconnected: onConnected, ...parts }: ConnectionParts,
): Connections {
  const client = createEngineClient({ url: ENGINE_URL, ...(token === undefined ? {} : { token }) });
  const redis = { url: REDIS_URL ?? '', requiredChannel: REDIS_STATE_CHANNEL, onConnected };
  const events = REDIS_URL === undefined ? otherEvents : createRedisEvents({ ...redis, ...parts });
  const traffic = createEngineTraffic({ client, ...parts });
  return { traffic, client: traffic.client, events: countingEvents(events, parts.meter) };
}
