import { startRedis } from '../support/redis-server.ts';
import { startEngine } from './engine.ts';
import type { BenchContext } from './run-bench.ts';
import { startGatewayProcess } from './server-process.ts';

/** Redis, an engine, and a gateway that hears both. */
export async function startStand(
  { pinning, use }: Pick<BenchContext, 'pinning' | 'use'>,
  settings: Readonly<Record<string, string>>,
) {
  const redis = await use(startRedis());
  const engine = await use(startEngine());
  const env = { ENGINE_URL: engine.url, REDIS_URL: redis.url, ...settings };
  return { redis, engine, gateway: await use(startGatewayProcess(pinning, env)) };
}
